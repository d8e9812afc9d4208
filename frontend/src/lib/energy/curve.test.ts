import { expect, test } from 'vitest'
import { gaps, path, scaleOf, top } from './curve'
import type { Day } from './types'

const day = (mw: (number | null)[]): Day => ({ start_us: mw.map((_, i) => i * 15), mw, complete: mw.map(() => 1) })

test('a scale holds values and limits and begins at a round number', () => {
  expect(scaleOf([61, 64.5, null], [95, 100])).toEqual({ low: 50, high: 100 + 39 * 0.06, ticks: [50, 60, 70, 80, 90, 100] })
})

test('a scale of nothing known still has its limits', () => {
  expect(scaleOf([null], [95, 100]).ticks).toContain(95)
})

test('a scale does not go below nothing', () => {
  expect(scaleOf([0.2], [95, 100]).low).toBe(0)
})

test('a value stands where its share of the scale is', () => {
  expect(top(75, { low: 50, high: 100, ticks: [] })).toBe(50)
  expect(top(20, { low: 50, high: 100, ticks: [] })).toBe(100)
})

test('a curve goes in steps and breaks where nothing is known', () => {
  const scale = { low: 0, high: 100, ticks: [] }
  expect(path(day([50, 60, null, 40]), 15, { from_us: 0, to_us: 60 }, scale)).toBe('M0,50H250L250,40H500M750,60H1000')
})

test('another day is drawn over this one', () => {
  expect(path(day([50]), 15, { from_us: 100, to_us: 160 }, { low: 0, high: 100, ticks: [] }, 100)).toBe('M0,50H250')
})

test('what is missing after the first value is a gap, neighbours together', () => {
  expect(gaps(day([null, 50, null, null, 40, null]), 15)).toEqual([
    { from_us: 30, to_us: 60 },
    { from_us: 75, to_us: 90 },
  ])
  expect(gaps(day([null, null]), 15)).toEqual([])
})
