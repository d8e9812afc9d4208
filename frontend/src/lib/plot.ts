/** The trend's drawing: uPlot with the plant's time, one scale per unit of measure, and the limits drawn in. */

import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { number } from './format'
import { fontFamily, ink, remPx } from './ink'
import { drawLane, LANE_REM, type Lane } from './lane'
import type { TagTable } from './plant.svelte'
import { lone, ticks, type Aligned, type Cell, type Range } from './trend'

/** Dashes that tell the pens apart without their colour. */
export const PENS: readonly number[][] = [[], [8, 4], [2, 3], [12, 4, 2, 4], [5, 5], [1, 5]]

const ROOM = 0.08
/** A limit this share of the data's height away is still drawn in. */
const NEAR = 0.6

export interface Hand {
  selected(from_us: number, to_us: number): void
  reset(): void
  pointed(time_s: number | null): void
  clicked(time_us: number): void
}

export class Plot {
  readonly #plot: uPlot
  readonly #holder: HTMLElement
  /** What is looked at. uPlot's own scale follows it a microtask later. */
  #range: { min: number; max: number } | null = null
  #lane: Lane = { marks: [], lit: new Set(), asked_us: null }

  constructor(holder: HTMLElement, tags: TagTable, rows: readonly number[], zone: string, hand: Hand) {
    this.#holder = holder
    const units = [...new Set(rows.map((row) => tags.unit[row] ?? ''))]
    const scaleOf = (row: number) => `y${units.indexOf(tags.unit[row] ?? '')}`
    const font = `${Math.round(remPx() * 0.82)}px ${fontFamily()}`
    const axis = { font, stroke: ink('ink-3'), grid: { stroke: ink('line'), width: 1 }, ticks: { stroke: ink('line-2'), width: 1 } }
    const dots: uPlot.Series.Points = { size: remPx() * 0.35, filter: (plot, series) => lone(plot.data[series] as Cell[]) }
    const limits = rows.length === 1 || units.length === rows.length ? rows.slice(0, 2).flatMap((row) => limitsOf(tags, row, scaleOf(row))) : []

    this.#plot = new uPlot(
      {
        ...this.#size(),
        padding: [remPx() * LANE_REM, null, null, null],
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1e3), zone),
        legend: { show: false },
        cursor: { drag: { x: true, y: false, setScale: false }, bind: { dblclick: () => () => (hand.reset(), null) }, points: { size: 7 } },
        scales: {
          x: { time: true, auto: false },
          ...Object.fromEntries(units.map((_, i) => [`y${i}`, { range: (_plot: uPlot, low: number, high: number) => stretch(low, high, limits.filter((limit) => limit.scale === `y${i}`).map(({ value }) => value)) }])),
        },
        axes: [
          { ...axis, values: (plot, splits, _axis, _space, increment) => ticks(splits, increment, plot.scales.x!.min ?? 0, zone), space: remPx() * 6.2, size: remPx() * 3.2 },
          ...units.slice(0, 2).map((unit, i) => ({
            ...axis,
            scale: `y${i}`,
            side: i === 0 ? 3 : 1,
            grid: i === 0 ? axis.grid : { show: false },
            size: remPx() * 4.6,
            label: unit,
            labelFont: font,
            labelSize: remPx() * 1.4,
            values: (_plot: uPlot, splits: number[]) => splits.map((value) => number(value, places(splits))),
          })) as uPlot.Axis[],
        ],
        series: [
          {},
          ...rows.flatMap((row, i): uPlot.Series[] => {
            const scale = scaleOf(row)
            const stepped = tags.kind[row] !== 'analog' && tags.kind[row] !== 'counter'
            const edge = { scale, stroke: 'transparent', width: 0, points: { show: false } }
            const paths = stepped ? { paths: uPlot.paths.stepped!({ align: 1 }) } : {}
            return [edge, edge, { scale, stroke: ink(`pen-${i + 1}`), width: 1.6, dash: PENS[i] ?? [], points: dots, ...paths }]
          }),
        ],
        bands: rows.map((_, i) => ({ series: [3 * i + 2, 3 * i + 1] as [number, number], fill: alpha(ink(`pen-${i + 1}`), 0.16) })),
        hooks: {
          setSelect: [
            (plot) => {
              if (plot.select.width < 4) return
              hand.selected(plot.posToVal(plot.select.left, 'x') * 1e6, plot.posToVal(plot.select.left + plot.select.width, 'x') * 1e6)
              plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
            },
          ],
          setCursor: [(plot) => hand.pointed(plot.cursor.left == null || plot.cursor.left < 0 ? null : plot.posToVal(plot.cursor.left, 'x'))],
          drawAxes: [(plot) => limits.forEach((limit) => drawLimit(plot, limit, font))],
          draw: [(plot) => drawLane(plot, this.#lane, font)],
        },
      },
      [[], ...rows.flatMap(() => [[], [], []])] as unknown as uPlot.AlignedData,
      holder,
    )
    this.#plot.over.addEventListener('click', ({ offsetX }) => hand.clicked(this.#plot.posToVal(offsetX, 'x') * 1e6))
  }

  #size(): { width: number; height: number } {
    return { width: Math.max(50, this.#holder.clientWidth), height: Math.max(50, this.#holder.clientHeight) }
  }

  draw(data: Aligned): void {
    if (data.length !== this.#plot.series.length) return
    const range = this.#range
    this.#plot.batch(() => {
      this.#plot.setData(data as uPlot.AlignedData, true)
      if (range) this.#plot.setScale('x', range)
    })
  }

  show(range: Range): void {
    this.#range = { min: range.from_us / 1e6, max: range.to_us / 1e6 }
    this.#plot.setScale('x', this.#range)
  }

  mark(lane: Lane): void {
    this.#lane = lane
    this.#plot.redraw(false, false)
  }

  resize(): void {
    this.#plot.setSize(this.#size())
  }

  destroy(): void {
    this.#plot.destroy()
  }
}

interface LimitLine {
  name: string
  value: number
  scale: string
}

function limitsOf(tags: TagTable, row: number, scale: string): LimitLine[] {
  return (['ll', 'l', 'h', 'hh'] as const).flatMap((name) => {
    const value = tags[name][row]
    return value == null ? [] : [{ name: name.toUpperCase(), value, scale }]
  })
}

function drawLimit(plot: uPlot, limit: LimitLine, font: string): void {
  const scale = plot.scales[limit.scale]
  if (!scale || scale.min == null || scale.max == null || limit.value < scale.min || limit.value > scale.max) return
  const y = plot.valToPos(limit.value, limit.scale, true)
  const { ctx, bbox } = plot
  const right = limit.scale !== 'y0'
  const ratio = devicePixelRatio
  ctx.save()
  ctx.strokeStyle = ctx.fillStyle = ink('ink-3')
  ctx.lineWidth = (limit.name.length === 2 ? 1.6 : 1) * ratio
  ctx.setLineDash(right ? [2 * ratio, 4 * ratio] : [9 * ratio, 5 * ratio])
  ctx.beginPath()
  ctx.moveTo(bbox.left, y)
  ctx.lineTo(bbox.left + bbox.width, y)
  ctx.stroke()
  ctx.font = font.replace(/^[\d.]+/, (size) => String(Number(size) * ratio * 0.9))
  ctx.textAlign = right ? 'right' : 'left'
  ctx.fillText(limit.name, right ? bbox.left + bbox.width - 4 * ratio : bbox.left + 4 * ratio, y - 5 * ratio)
  ctx.restore()
}

/** The data's height with some room, and with the limits that are near. */
function stretch(low: number | null, high: number | null, limits: readonly number[]): [number, number] {
  if (low == null || high == null) return [0, 1]
  const height = high - low || Math.max(1e-3, Math.abs(high) * 0.02)
  const near = limits.filter((limit) => limit > low - height * NEAR && limit < high + height * NEAR)
  const from = Math.min(low, ...near)
  const to = Math.max(high, ...near)
  const room = (to - from || height) * ROOM
  return [from - room, to + room]
}

/** Decimals that tell neighbouring splits apart. */
function places(splits: readonly number[]): number {
  const gap = Math.abs((splits[1] ?? 1) - (splits[0] ?? 0)) || 1
  let decimals = 0
  while (decimals < 5 && splits.some((value) => Math.abs(value - Number(value.toFixed(decimals))) > gap * 1e-3)) decimals += 1
  return decimals
}

function alpha(hex: string, opacity: number): string {
  return hex + Math.round(opacity * 255).toString(16).padStart(2, '0')
}
