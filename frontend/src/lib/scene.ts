/** Places the sites of a complex on a screen of any shape, and draws the flows between them. */

import type { Flow, Site } from './types'

export interface Box {
  x: number
  y: number
}

export interface Extent {
  width: number
  height: number
}

/** Least free room between two boxes, as a share of the box. */
const GAP_X = 0.1
const GAP_Y = 0.16
const ROUNDS = 240

/**
 * Centres of the sites' boxes, px, from their 0-1 places: spread over the field, then pushed apart along the shorter
 * way until no two boxes touch. The result depends on nothing but its input, so a site never jumps.
 */
export function placed(sites: readonly Pick<Site, 'x' | 'y'>[], field: Extent, box: Extent): Box[] {
  const span = (values: number[]) => [Math.min(...values), Math.max(...values)] as const
  const [x0, x1] = span(sites.map((site) => site.x))
  const [y0, y1] = span(sites.map((site) => site.y))
  const inner = { width: Math.max(1, field.width - box.width), height: Math.max(1, field.height - box.height) }
  const boxes = sites.map((site) => ({
    x: box.width / 2 + (inner.width * (site.x - x0)) / (x1 - x0 || 1),
    y: box.height / 2 + (inner.height * (site.y - y0)) / (y1 - y0 || 1),
  }))
  const reach = { width: box.width * (1 + GAP_X), height: box.height * (1 + GAP_Y) }
  for (let round = 0; round < ROUNDS; round += 1) {
    let moved = false
    for (let i = 0; i < boxes.length; i += 1) {
      for (let j = i + 1; j < boxes.length; j += 1) moved = parted(boxes[i]!, boxes[j]!, reach) || moved
    }
    for (const at of boxes) {
      at.x = Math.min(field.width - box.width / 2, Math.max(box.width / 2, at.x))
      at.y = Math.min(field.height - box.height / 2, Math.max(box.height / 2, at.y))
    }
    if (!moved) break
  }
  return boxes
}

function parted(a: Box, b: Box, reach: Extent): boolean {
  const dx = b.x - a.x
  const dy = b.y - a.y
  const overlapX = reach.width - Math.abs(dx)
  const overlapY = reach.height - Math.abs(dy)
  if (overlapX <= 0.5 || overlapY <= 0.5) return false
  if (overlapX / reach.width < overlapY / reach.height) {
    const push = (dx < 0 ? -overlapX : overlapX) / 2
    a.x -= push
    b.x += push
  } else {
    const push = (dy < 0 ? -overlapY : overlapY) / 2
    a.y -= push
    b.y += push
  }
  return true
}

/** Line width, px, of so many t/d: the square root, because 7 and 3,000 t/d stand on one sheet. */
export function strokeOf(tPerDay: number, pxAtThousand: number): number {
  return Math.max(1, pxAtThousand * Math.sqrt(Math.max(0, tPerDay) / 1000))
}

export interface Line {
  flow: Flow
  path: string
}

interface Port extends Box {
  /** Unit vector that points out of the box. */
  nx: number
  ny: number
}

/** One curve for each flow, from the side of the source that faces the target to the side that faces it. */
export function lines(flows: readonly Flow[], at: ReadonlyMap<string, Box>, box: Extent): Line[] {
  const used = new Map<string, number>()
  const spread = (site: string, side: string) => {
    const key = `${site} ${side}`
    const n = used.get(key) ?? 0
    used.set(key, n + 1)
    return (n % 2 ? -1 : 1) * Math.ceil(n / 2) * 0.2
  }
  const drawn: Line[] = []
  for (const flow of flows) {
    const from = at.get(flow.source)
    const to = at.get(flow.target)
    if (!from || !to || flow.source === flow.target) continue
    const dx = to.x - from.x
    const dy = to.y - from.y
    const sideways = Math.abs(dx) > box.width * 0.75
    const port = (centre: Box, site: string, sign: number): Port => {
      const shift = spread(site, sideways ? (sign > 0 ? 'right' : 'left') : sign > 0 ? 'bottom' : 'top')
      return sideways
        ? { x: centre.x + (sign * box.width) / 2, y: centre.y + shift * box.height, nx: sign, ny: 0 }
        : { x: centre.x + shift * box.width * 0.7, y: centre.y + (sign * box.height) / 2, nx: 0, ny: sign }
    }
    const sign = (sideways ? dx : dy) >= 0 ? 1 : -1
    drawn.push({ flow, path: curve(port(from, flow.source, sign), port(to, flow.target, -sign)) })
  }
  return drawn
}

function curve(a: Port, b: Port): string {
  const reach = Math.max(18, Math.hypot(b.x - a.x, b.y - a.y) * 0.42)
  const p = (value: number) => value.toFixed(1)
  return `M${p(a.x)} ${p(a.y)}C${p(a.x + a.nx * reach)} ${p(a.y + a.ny * reach)} ${p(b.x + b.nx * reach)} ${p(b.y + b.ny * reach)} ${p(b.x)} ${p(b.y)}`
}
