import { expect, test } from 'vitest'
import { bars, heightOn } from './bars'
import type { KpiSeries } from './types'

const series = (value: (number | null)[]): KpiSeries => ({
  kpi: 'x', scope: 'S03', value,
  start_us: value.map((_, i) => i * 10),
  end_us: value.map((_, i) => i * 10 + 10),
  version: value.map(() => 1),
})

const over = { from_us: 0, to_us: 20 }

test('an amount stands on zero', () => {
  const found = bars(series([10, 20]), over, true, null)
  expect(found?.low).toBe(0)
  expect(found?.zero).toBe(100)
  expect(found?.columns[1]?.top).toBeCloseTo(100 - 100 / 1.08)
})

test('a ratio shows its own stretch, and a target that is near', () => {
  expect(bars(series([97, 98]), over, false, { low: 96.5, high: null })?.low).toBeCloseTo(96.5 - 1.5 * 0.08)
  expect(bars(series([97, 98]), over, false, { low: 50, high: null })?.low).toBeCloseTo(97 - 0.08)
})

test('a stretch of time without a value keeps its place', () => {
  const found = bars(series([1, null, 3, 4]), { from_us: 0, to_us: 40 }, true, null)
  expect(found?.columns.map(({ left }) => left)).toEqual([0, 25, 50, 75])
  expect(found?.columns[1]?.top).toBeNull()
})

test('nothing known is nothing to draw', () => {
  expect(bars(series([null, null]), over, true, null)).toBeNull()
  expect(bars(series([]), over, true, null)).toBeNull()
})

test('a line outside the drawing is not drawn', () => {
  const found = bars(series([10, 20]), over, true, null)!
  expect(heightOn(found, 0)).toBe(100)
  expect(heightOn(found, 90)).toBeNull()
})

test('a young record stands where it is in the stretch that is asked for', () => {
  expect(bars(series([1]), { from_us: -30, to_us: 10 }, true, null)?.columns[0]).toMatchObject({ left: 75, width: 25 })
})
