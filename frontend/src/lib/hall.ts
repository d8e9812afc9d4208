/** How the units of an area stand in the hall, and how arrow keys walk between them. */

/** Longest row of marks. Longer areas stand in equal rows, as pot lines and furnace bays do. */
const ROW = 24

/** Marks in a row for `n` units: all of them up to 20, else equal rows. */
export function rowLength(n: number): number {
  return n <= ROW ? Math.max(1, n) : Math.ceil(n / Math.ceil(n / ROW))
}

/** The part of a unit's id that tells it from its neighbours: its number, or the whole id. */
export function shortLabel(id: string): string {
  return /(\d+)$/.exec(id)?.[1]?.replace(/^0+(?=\d)/, '') ?? id
}

export interface Spot {
  x: number
  y: number
}

/** Index of the spot that an arrow key reaches from `from`: the nearest in that direction, or `from` at the edge. */
export function reached(spots: readonly Spot[], from: number, key: string): number {
  const here = spots[from]
  if (!here) return 0
  if (key === 'ArrowRight') return Math.min(spots.length - 1, from + 1)
  if (key === 'ArrowLeft') return Math.max(0, from - 1)
  if (key === 'Home') return 0
  if (key === 'End') return spots.length - 1
  const sign = key === 'ArrowDown' ? 1 : -1
  const rows = spots.map((spot) => (spot.y - here.y) * sign).filter((dy) => dy > 1)
  if (!rows.length) return from
  const next = Math.min(...rows)
  let best = from
  let distance = Infinity
  spots.forEach((spot, i) => {
    const dy = (spot.y - here.y) * sign
    if (Math.abs(dy - next) < 2 && Math.abs(spot.x - here.x) < distance) {
      best = i
      distance = Math.abs(spot.x - here.x)
    }
  })
  return best
}
