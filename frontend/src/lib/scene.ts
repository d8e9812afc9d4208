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

/** Free room between neighbours, as a share of the box; lines run there. */
const GUTTER_X = 0.12
const GUTTER_Y = 0.3
/** A site rather steps aside along the flow than out of its line. */
const OUT_OF_LINE = 2.5

/**
 * Centres of the sites' boxes, px. The field is a lattice of as many boxes as it holds with gutters between them; each
 * site takes the cell nearest its own 0-1 place, so that rows and columns line up and no two boxes touch. The result
 * depends on nothing but its input: a site never jumps.
 */
export function placed(sites: readonly Pick<Site, 'x' | 'y'>[], field: Extent, box: Extent): Box[] {
  const wanted = spread(sites, field, box)
  const cells = lattice(sites.length, field, box)
  const taken = wanted.map(() => -1)
  const free = new Set(cells.keys())
  const cost = (site: number, cell: number) => (wanted[site]!.x - cells[cell]!.x) ** 2 + OUT_OF_LINE * (wanted[site]!.y - cells[cell]!.y) ** 2
  for (const site of wanted.keys()) {
    const nearest = [...free].reduce((best, cell) => (cost(site, cell) < cost(site, best) ? cell : best))
    taken[site] = nearest
    free.delete(nearest)
  }
  for (let better = true; better; ) {
    better = false
    for (const site of wanted.keys()) {
      for (const cell of free) {
        if (cost(site, cell) >= cost(site, taken[site]!) - 1e-6) continue
        free.delete(cell)
        free.add(taken[site]!)
        taken[site] = cell
        better = true
      }
      for (const other of wanted.keys()) {
        const [mine, its] = [taken[site]!, taken[other]!]
        if (cost(site, its) + cost(other, mine) >= cost(site, mine) + cost(other, its) - 1e-6) continue
        taken[site] = its
        taken[other] = mine
        better = true
      }
    }
  }
  return taken.map((cell) => ({ ...cells[cell]! }))
}

/** The sites' own places, stretched over the field. */
function spread(sites: readonly Pick<Site, 'x' | 'y'>[], field: Extent, box: Extent): Box[] {
  const stretch = (values: number[], from: number, length: number) => {
    const [low, high] = [Math.min(...values), Math.max(...values)]
    return values.map((value) => from + (length * (value - low)) / (high - low || 1))
  }
  const x = stretch(sites.map((site) => site.x), box.width / 2, field.width - box.width)
  const y = stretch(sites.map((site) => site.y), box.height / 2, field.height - box.height)
  return x.map((each, i) => ({ x: each, y: y[i]! }))
}

function lattice(least: number, field: Extent, box: Extent): Box[] {
  const fit = (length: number, one: number, gutter: number) => Math.max(1, Math.floor((length + one * gutter) / (one * (1 + gutter))))
  let columns = fit(field.width, box.width, GUTTER_X)
  let rows = fit(field.height, box.height, GUTTER_Y)
  // Too small a field: thinner gutters, then whatever is needed.
  if (columns * rows < least) [columns, rows] = [fit(field.width, box.width, 0.05), fit(field.height, box.height, 0.08)]
  while (columns * rows < least) rows += 1
  const at = (i: number, n: number, length: number, one: number) => (n === 1 ? length / 2 : one / 2 + (i * (length - one)) / (n - 1))
  return Array.from({ length: columns * rows }, (_, i) => ({
    x: at(i % columns, columns, field.width, box.width),
    y: at(Math.floor(i / columns), rows, field.height, box.height),
  }))
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
