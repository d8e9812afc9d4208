import { expect, test } from 'vitest'
import { bottlenecks, shapeOf } from './line'

test('the slowest station is the bottleneck, two that are as slow are both', () => {
  expect(bottlenecks([120, 148.3, 131])).toEqual([1])
  expect(bottlenecks([148.3, 120, 148.3])).toEqual([0, 2])
})

test('no station is the bottleneck when no time is known or all take the same', () => {
  expect(bottlenecks([null, null])).toEqual([])
  expect(bottlenecks([120, 120, null])).toEqual([])
  expect(bottlenecks([120, null])).toEqual([])
  expect(bottlenecks([Number.NaN, 120, 0, 121])).toEqual([3])
})

test('a state has a shape by its word; a word that is not known has its own', () => {
  expect(['RUN', 'STARVED', 'blocked', 'DOWN', 'CHANGEOVER'].map(shapeOf)).toEqual(['works', 'waits', 'held', 'wrong', 'other'])
})
