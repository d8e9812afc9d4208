import { expect, test } from 'vitest'
import { bars, heightOf, highestOf, MOST_BARS } from './load'

test('one bar for each ten minutes, its height the logarithm of its count', () => {
  expect(bars([0, 1, 15, 3], 15)).toEqual([
    { x: 0, width: 0.25, height: 0, count: 0, spans: 1 },
    { x: 0.25, width: 0.25, height: 0.25, count: 1, spans: 1 },
    { x: 0.5, width: 0.25, height: 1, count: 15, spans: 1 },
    { x: 0.75, width: 0.25, height: 0.5, count: 3, spans: 1 },
  ])
})

test('a week has one bar for the worst of several spans, so that a flood is never averaged away', () => {
  const week = new Array<number>(1008).fill(0)
  week[503] = 64
  const drawn = bars(week, 64)
  expect(drawn.length).toBeLessThanOrEqual(MOST_BARS)
  expect(drawn.filter(({ count }) => count === 64)).toHaveLength(1)
})

test('the scale always reaches the flood', () => {
  expect(highestOf([{ most_per_10_min: 2 }], 11)).toBe(14)
  expect(highestOf([{ most_per_10_min: 64 }], 11)).toBe(64)
  expect(heightOf(3, 0)).toBe(0)
})
