/** The lane over the trend: a flag for a note, a diamond for a correction, and how many there are where they crowd. */

import type uPlot from 'uplot'
import { ink, remPx } from './ink'
import { clustered, type Cluster, type Mark } from './marks'

/** Height of the lane. */
export const LANE_REM = 1.7
/** Lines of marks that are nearer than this would hide the values behind them. */
const APART_PX = 6

export interface Lane {
  marks: readonly Mark[]
  /** Keys of the marks that are pointed at. */
  lit: ReadonlySet<string>
  /** The moment that a note is being written for. */
  asked_us: number | null
}

/** Marks in a box of 10 × 10; the list under the trend draws them from the same paths. */
export const FLAG = 'M2 0 H3.4 V0.6 L10 3.2 L3.4 5.8 V10 H2 Z'
export const DIAMOND = 'M5 0 L10 5 L5 10 L0 5 Z'

export function drawLane(plot: uPlot, lane: Lane, font: string): void {
  const { ctx, bbox } = plot
  const size = remPx() * 0.8 * devicePixelRatio
  const place = (time_us: number) => plot.valToPos(time_us / 1e6, 'x', true)
  const inside = (x: number) => x >= bbox.left - 1 && x <= bbox.left + bbox.width + 1
  const placed = lane.marks
    .map(({ key, time_us, note }) => ({ x: place(time_us), note, lit: lane.lit.has(key) }))
    .filter(({ x }) => inside(x))

  ctx.save()
  ctx.setLineDash([])
  ctx.font = font.replace(/^[\d.]+/, (rem) => String(Number(rem) * devicePixelRatio))
  ctx.textBaseline = 'middle'
  const shapes = (cluster: Cluster) => [
    ...(cluster.notes ? [{ path: new Path2D(FLAG), colour: ink('live') }] : []),
    ...(cluster.corrections ? [{ path: new Path2D(DIAMOND), colour: ink('warn-ink') }] : []),
  ]
  const count = (cluster: Cluster) => (cluster.notes + cluster.corrections > 1 ? String(cluster.notes + cluster.corrections) : '')
  const width = (cluster: Cluster) =>
    size * 1.15 * (Number(cluster.notes > 0) + Number(cluster.corrections > 0)) +
    (count(cluster) ? ctx.measureText(count(cluster)).width + size * 0.5 : 0)

  let drawn = -Infinity
  for (const { x, lit } of placed) {
    if (!lit || x - drawn < APART_PX * devicePixelRatio) continue
    line(plot, x, ink('ink-2'))
    drawn = x
  }
  if (lane.asked_us !== null && inside(place(lane.asked_us))) line(plot, place(lane.asked_us), ink('focus'), [6, 4])

  const top = bbox.top - size * 1.35
  for (const cluster of clustered(placed, width)) {
    const wide = width(cluster)
    let left = Math.max(bbox.left, Math.min(bbox.left + bbox.width - wide, cluster.x - wide / 2))
    if (cluster.lit) {
      ctx.fillStyle = ink('ink-2')
      ctx.fillRect(left - size * 0.2, top - size * 0.25, wide + size * 0.4, size * 1.5)
    }
    for (const { path, colour } of shapes(cluster)) {
      ctx.save()
      ctx.translate(left, top)
      ctx.scale(size / 10, size / 10)
      ctx.fillStyle = cluster.lit ? ink('ground') : colour
      ctx.fill(path)
      ctx.restore()
      left += size * 1.15
    }
    ctx.fillStyle = cluster.lit ? ink('ground') : ink('ink')
    ctx.textAlign = 'left'
    ctx.fillText(count(cluster), left, top + size * 0.55)
  }
  ctx.restore()
}

function line({ ctx, bbox }: uPlot, x: number, colour: string, dash: readonly number[] = []): void {
  ctx.strokeStyle = colour
  ctx.lineWidth = devicePixelRatio * 1.4
  ctx.setLineDash(dash.map((length) => length * devicePixelRatio))
  ctx.beginPath()
  ctx.moveTo(x, bbox.top)
  ctx.lineTo(x, bbox.top + bbox.height)
  ctx.stroke()
  ctx.setLineDash([])
}
