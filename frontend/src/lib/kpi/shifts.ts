/** The shifts that a report can be of. */

import type { Shift } from './types'

/** `2026-11-28` of the id `2026-11-28/night`. */
export function dateOf(shift: Pick<Shift, 'id'>): string {
  return shift.id.split('/')[0] ?? ''
}

/** The shifts by their days, in the order in which they are given. */
export function byDay(shifts: readonly Shift[]): { date: string; shifts: Shift[] }[] {
  const days = new Map<string, Shift[]>()
  for (const shift of shifts) days.set(dateOf(shift), [...(days.get(dateOf(shift)) ?? []), shift])
  return [...days].map(([date, of]) => ({ date, shifts: of }))
}

/** The shift that is asked for; where none is, or none is known, the newest that is over, else the newest. */
export function shiftAsked(shifts: readonly Shift[], id: string | null): Shift | undefined {
  return shifts.find((shift) => shift.id === id) ?? shifts.find((shift) => shift.closed) ?? shifts[0]
}
