import { expect, test } from 'vitest'
import { deviation, ordered, outlier, spread } from './spread'

test('the spread is the median distance from the median', () => {
  // median 5, distances 4 3 2 1 0 1 2 3 4 -> median 2
  expect(spread([1, 2, 3, 4, 5, 6, 7, 8, 9])).toEqual({ median: 5, sigma: 2 * 1.4826, low: 1, high: 9 })
})

test('a few units say nothing of what is usual', () => {
  expect(spread([1, 2, 3, null, undefined, Number.NaN, 4, 5, 6, 7])).toBeNull()
})

test('one unit far off stands out, and does not widen the spread that finds it', () => {
  const values = [7.5, 7.6, 7.4, 7.55, 7.45, 7.5, 7.52, 7.48, 9.9]
  const found = spread(values)
  expect(values.map((value) => outlier(value, found))).toEqual([null, null, null, null, null, null, null, null, 'high'])
  expect(outlier(1, found)).toBe('low')
})

test('where most are equal nothing can be judged', () => {
  const found = spread([1, 1, 1, 1, 1, 1, 1, 9])
  expect(outlier(9, found)).toBeNull()
  expect(deviation(9, found)).toBeNull()
})

test('a bar goes from the middle to its side and stays in the cell', () => {
  const of = { median: 10, sigma: 1, low: 0, high: 20 }
  expect(deviation(12, of)).toEqual({ from: 50, to: 75 })
  expect(deviation(-90, of)).toEqual({ from: 0, to: 50 })
})

test('rows without a value come last both ways', () => {
  const rows = [3, null, 1, 2]
  expect(ordered(rows, (row) => row, false)).toEqual([1, 2, 3, null])
  expect(ordered(rows, (row) => row, true)).toEqual([3, 2, 1, null])
})
