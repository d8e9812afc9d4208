/** Interlocks as a board: one row for each number, one column for each site. */

import type { Interlock } from './types'

export interface Square {
  id: string
  site: string
  places: Interlock[]
  tripped: number
  bypassed: number
  unknown: number
}

export interface Board {
  ids: { id: string; name: Interlock['name'] }[]
  sites: string[]
  /** By `I9 S03`. */
  squares: Map<string, Square>
}

const numbered = (id: string) => Number(id.replace(/\D+/g, '')) || 0

export function board(interlocks: readonly Interlock[]): Board {
  const squares = new Map<string, Square>()
  const names = new Map<string, Interlock['name']>()
  for (const one of interlocks) {
    const key = squareOf(one.id, one.site)
    const square = squares.get(key) ?? { id: one.id, site: one.site, places: [], tripped: 0, bypassed: 0, unknown: 0 }
    square.places.push(one)
    square.tripped += Number(one.active)
    square.bypassed += Number(one.bypass === 'on')
    square.unknown += Number(one.bypass === 'unknown')
    squares.set(key, square)
    if (!names.has(one.id)) names.set(one.id, one.name)
  }
  return {
    ids: [...names].map(([id, name]) => ({ id, name })).sort((a, b) => numbered(a.id) - numbered(b.id)),
    sites: [...new Set(interlocks.map(({ site }) => site))].sort(),
    squares,
  }
}

export const squareOf = (id: string, site: string) => `${id} ${site}`

/** What a person must know first: bypassed ones, then tripped ones, the newest first. */
export function pressing(interlocks: readonly Interlock[]): Interlock[] {
  return interlocks
    .filter(({ active, bypass }) => active || bypass === 'on')
    .sort((a, b) => Number(b.bypass === 'on') - Number(a.bypass === 'on') || b.since_us - a.since_us)
}
