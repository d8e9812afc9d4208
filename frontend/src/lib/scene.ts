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
const GUTTER_Y = 0.18
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

type Side = 'left' | 'right' | 'top' | 'bottom'

const NORMAL: Record<Side, { nx: number; ny: number }> = {
  left: { nx: -1, ny: 0 },
  right: { nx: 1, ny: 0 },
  top: { nx: 0, ny: -1 },
  bottom: { nx: 0, ny: 1 },
}

/** The side of a box at `from` that faces a box at `to`: sideways unless they stand above one another. */
function facing(from: Box, to: Box, box: Extent): Side {
  const dx = to.x - from.x
  if (Math.abs(dx) > box.width * 0.75) return dx > 0 ? 'right' : 'left'
  return to.y > from.y ? 'bottom' : 'top'
}

/**
 * One curve for each flow, from the side of the source that faces the target to the side that faces it. The lines of
 * one side share its length evenly, in the order of where they go, so that they cross as little as they can.
 */
export function lines(flows: readonly Flow[], at: ReadonlyMap<string, Box>, box: Extent): Line[] {
  const known = flows.filter(({ source, target }) => source !== target && at.has(source) && at.has(target))
  const ends = known.flatMap((flow) => [end(flow, flow.source, flow.target), end(flow, flow.target, flow.source)])
  function end(flow: Flow, site: string, other: string) {
    return { flow, site, other: at.get(other)!, side: facing(at.get(site)!, at.get(other)!, box) }
  }
  const bySide = new Map<string, typeof ends>()
  for (const each of ends) {
    const key = `${each.site} ${each.side}`
    bySide.set(key, [...(bySide.get(key) ?? []), each])
  }
  const ports = new Map<string, Port>()
  for (const group of bySide.values()) {
    const upright = group[0]!.side === 'left' || group[0]!.side === 'right'
    group.sort((a, b) => (upright ? a.other.y - b.other.y : a.other.x - b.other.x) || a.flow.id.localeCompare(b.flow.id))
    group.forEach(({ flow, site, side }, i) => {
      const share = (i + 1) / (group.length + 1) - 0.5
      const centre = at.get(site)!
      const { nx, ny } = NORMAL[side]
      ports.set(`${flow.id} ${site}`, {
        x: centre.x + (upright ? (nx * box.width) / 2 : share * box.width),
        y: centre.y + (upright ? share * box.height : (ny * box.height) / 2),
        nx,
        ny,
      })
    })
  }
  return known.map((flow) => ({ flow, path: curve(ports.get(`${flow.id} ${flow.source}`)!, ports.get(`${flow.id} ${flow.target}`)!) }))
}

function curve(a: Port, b: Port): string {
  const reach = Math.max(18, Math.hypot(b.x - a.x, b.y - a.y) * 0.42)
  const p = (value: number) => value.toFixed(1)
  return `M${p(a.x)} ${p(a.y)}C${p(a.x + a.nx * reach)} ${p(a.y + a.ny * reach)} ${p(b.x + b.nx * reach)} ${p(b.y + b.ny * reach)} ${p(b.x)} ${p(b.y)}`
}
