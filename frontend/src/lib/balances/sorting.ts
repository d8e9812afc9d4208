/** The order of the table of streams. */

import type { SheetStream } from './types'

export const COLUMNS = ['name', 'reading', 'value', 'adjustment', 'statistic', 'class', 'complete'] as const
export type Column = (typeof COLUMNS)[number]

export interface Order {
  column: Column
  descending: boolean
}

/** `statistic` or `-statistic` of an address; the sheet's own order for anything else. */
export function orderAsked(text: string | null): Order | null {
  const column = COLUMNS.find((each) => each === text?.replace(/^-/, ''))
  return column ? { column, descending: text!.startsWith('-') } : null
}

/** A press on a head: largest first for numbers, then the other way, then the sheet's own order. */
export function orderAfter(column: Column, now: Order | null): string | null {
  const falling = column !== 'name' && column !== 'class'
  if (now?.column !== column) return falling ? `-${column}` : column
  if (now.descending === falling) return falling ? column : `-${column}`
  return null
}

const size = (stream: SheetStream, column: Column): number | null => {
  if (column === 'adjustment' || column === 'statistic') return stream[column] === null ? null : Math.abs(stream[column])
  return column === 'name' || column === 'class' ? null : stream[column]
}

/** Adjustments and statistics by size whatever their sign; what is not known stands last either way. */
export function sorted(streams: readonly SheetStream[], order: Order | null, word: (stream: SheetStream, column: 'name' | 'class') => string): SheetStream[] {
  if (order === null) return [...streams]
  const { column, descending } = order
  const turn = descending ? -1 : 1
  return [...streams].sort((one, other) => {
    if (column === 'name' || column === 'class') return turn * word(one, column).localeCompare(word(other, column))
    const [a, b] = [size(one, column), size(other, column)]
    if (a === null || b === null) return Number(a === null) - Number(b === null)
    return turn * (a - b)
  })
}
