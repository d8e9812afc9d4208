import { expect, test } from 'vitest'
import { rowOf } from './row.fixture'
import { following, shifted, type Line, type Lines } from './steady'

function list(...rows: [alarm: string, number?: number][]): Lines {
  const lines = rows.map(([alarm, number = 1]): Line => ({ row: rowOf(alarm, { number }), depth: 0 }))
  return { at: (line) => lines[line], lineOf: (alarm) => lines.findIndex(({ row }) => row.alarm === alarm) }
}

const before = list(['A'], ['B'], ['C'], ['D'])

test('two new alarms on top move what is held by two', () => {
  expect(shifted(1, before.at, list(['X'], ['Y'], ['A'], ['B'], ['C'], ['D']))).toBe(2)
})

test('an alarm that goes away above moves what is held up', () => {
  expect(shifted(2, before.at, list(['B'], ['C'], ['D']))).toBe(-1)
})

test('an alarm that someone acknowledges moves by itself: its neighbours say that the list stands still', () => {
  expect(shifted(1, before.at, list(['A'], ['C'], ['D'], ['B', 2]))).toBe(-1)
  expect(shifted(0, before.at, list(['B'], ['C'], ['D'], ['A', 2]))).toBe(-1)
  expect(shifted(3, before.at, list(['A'], ['B'], ['C'], ['D', 2]))).toBe(0)
})

test('where nothing is known any more the list stands as it is', () => {
  expect(shifted(1, before.at, list(['X'], ['Y']))).toBe(0)
})

test('after an act the cursor goes to the next alarm that was not in it', () => {
  expect(following(0, new Set(['A', 'B']), before, 4)).toBe(2)
  expect(following(3, new Set(['D']), before, 4)).toBe(2)
  expect(following(0, new Set(['A']), list(['A']), 1)).toBe(0)
})
