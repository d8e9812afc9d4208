import { expect, test } from 'vitest'
import { aligned, moved, zoomed } from './trend'
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
