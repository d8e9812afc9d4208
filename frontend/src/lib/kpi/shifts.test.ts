import { expect, test } from 'vitest'
import { byDay, shiftAsked } from './shifts'
import type { Shift } from './types'

const shift = (id: string, closed: boolean): Shift => ({ id, name: { en: '', zh: '' }, from_us: 0, to_us: 1, closed })
const shifts = [shift('2026-11-29/night', false), shift('2026-11-28/evening', true), shift('2026-11-28/day', true)]

test('a report is of the last shift that is over, unless another is asked for', () => {
  expect(shiftAsked(shifts, null)?.id).toBe('2026-11-28/evening')
  expect(shiftAsked(shifts, '2026-11-29/night')?.id).toBe('2026-11-29/night')
  expect(shiftAsked(shifts, '2025-01-01/night')?.id).toBe('2026-11-28/evening')
  expect(shiftAsked(shifts.slice(0, 1), null)?.id).toBe('2026-11-29/night')
  expect(shiftAsked([], null)).toBeUndefined()
})

test('shifts stand by their days', () => {
  expect(byDay(shifts).map(({ date, shifts: of }) => [date, of.length])).toEqual([['2026-11-29', 1], ['2026-11-28', 2]])
})
