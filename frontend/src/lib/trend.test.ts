import { expect, test } from 'vitest'
import { aligned, centred, DAY_US, lone, moved, openingSpan, stepS, ticks, zoomed } from './trend'
import type { Series } from './types'

const series = (times: number[], mean: number[]): Series => ({
  path: 'a', time_us: times.map((time) => time * 1e6), min: mean, max: mean, mean, last: mean,
  count: mean.map(() => 1), good: mean.map(() => 1),
})

test('tags with different times share one axis, and a time that one tag lacks does not break its line', () => {
  const [x, , , first, , , second] = aligned([series([10, 20], [1, 2]), series([15], [7])], [], 10)
  expect(x).toEqual([10, 15, 20])
  expect(first).toEqual([1, undefined, 2])
  expect(second).toEqual([undefined, 7, undefined])
})

test('a hole in the data breaks the line', () => {
  const [x, , , mean] = aligned([series([0, 10, 100], [1, 1, 1])], [], 10)
  expect(x).toEqual([0, 10, 55, 100])
  expect(mean).toEqual([1, 1, null, 1])
})

test('live values follow the history and never repeat it', () => {
  const tail = { time_s: [20, 21], value: [5, 6] }
  const [x, , , mean] = aligned([series([10, 20], [1, 2])], [tail], 10)
  expect(x).toEqual([10, 20, 21])
  expect(mean).toEqual([1, 2, 6])
})

test('zoom keeps the point under the cursor, and nothing looks into the future', () => {
  expect(zoomed({ from_us: 0, to_us: 1000e6 }, 0.5, 0.25, 1e12)).toEqual({ from_us: 125e6, to_us: 625e6 })
  expect(moved({ from_us: 0, to_us: 100e6 }, 0.5, 120e6)).toEqual({ from_us: 20e6, to_us: 120e6 })
})

test('zoom ends at 400 days and at 20 s', () => {
  const now_us = 2e15
  const year = { from_us: now_us - 365 * DAY_US, to_us: now_us }
  expect(zoomed(year, 2, 1, now_us)).toEqual({ from_us: now_us - 400 * DAY_US, to_us: now_us })
  const short = zoomed({ from_us: 0, to_us: 30e6 }, 0.1, 0, now_us)
  expect(short.to_us - short.from_us).toBe(20e6)
})

test('a moment comes into the middle, and the range grows shorter before it shows the future', () => {
  const now_us = 1e15
  const day = { from_us: now_us - DAY_US, to_us: now_us }
  expect(centred(day, now_us - 2 * DAY_US, now_us)).toEqual({ from_us: now_us - 2.5 * DAY_US, to_us: now_us - 1.5 * DAY_US })
  expect(centred(day, now_us - 3600e6, now_us)).toEqual({ from_us: now_us - 7200e6, to_us: now_us })
  expect(centred(day, now_us - 60e6, now_us)).toEqual({ from_us: now_us - 900e6, to_us: now_us })
})

test('a young history opens as large as it is, an old one with a day', () => {
  expect(openingSpan(1e15 - 1000e6, 1e15)).toBe(3600e6)
  expect(openingSpan(1e15 - 9 * DAY_US, 1e15)).toBe(DAY_US)
  expect(openingSpan(Infinity, 1e15)).toBe(DAY_US)
})

test('a point stands for whole minutes where the server took whole minutes, and a hole does not make it longer', () => {
  const range = { from_us: 0, to_us: 900 * 96e6 }
  expect(stepS([series([0, 120, 240], [1, 1, 1])], range, 900)).toBe(120)
  expect(stepS([series([0, 960], [1, 1])], range, 900)).toBe(96)
})

test('a reading without neighbours is found, so that it can be a dot', () => {
  expect(lone([1, undefined, null, 2, undefined, null, 3, 4])).toEqual([0, 3])
})

test('ticks say the day under the first clock and where it changes, and the year under days', () => {
  const s = (text: string) => Date.parse(text) / 1000
  expect(ticks([s('2026-01-30T20:00Z'), s('2026-01-30T22:00Z'), s('2026-01-31T00:00Z')], 7200, 0, 'UTC')).toEqual([
    '20:00\n2026-01-30', '22:00', '00:00\n2026-01-31',
  ])
  expect(ticks([s('2025-12-01T00:00Z'), s('2026-01-01T00:00Z')], 30 * 86_400, s('2025-12-01T00:00Z'), 'UTC')).toEqual([
    '12-01\n2025', '01-01\n2026',
  ])
})
