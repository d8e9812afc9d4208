import { expect, test } from 'vitest'
import { clustered, entries, marks } from './marks'
import type { Annotation, Correction } from './types'

const note = (id: string, time_us: number): Annotation => ({ id, tag: 'a', time_us, text: 'x', who: 'Li', at_us: 9 })
const made = (time_us: number, at_us: number): Correction => ({
  tag: 'a', time_us, kind: 'replace', old_value: 1, old_status: 0, value: 2, status: 0, at_us, who: 'Li', why: 'drift',
})
const at = (...places: number[]) => places.map((x) => ({ x, note: true, lit: false }))
const ten = () => 10

test('the values that one correction changed are one entry, and entries are newest first by their moment', () => {
  const found = entries([note('7', 30)], [made(10, 100), made(50, 100), made(20, 200)])
  expect(found.map(({ times_us }) => times_us)).toEqual([[10, 50], [30], [20]])
  expect(found.map(({ changes }) => changes.length)).toEqual([2, 0, 1])
})

test('every changed value has its mark, in the order of time', () => {
  expect(marks(entries([note('7', 30)], [made(10, 100), made(50, 100)])).map(({ time_us, note }) => [time_us, note])).toEqual([
    [10, false], [30, true], [50, false],
  ])
})

test('marks that would touch are one with their count, the others stand alone', () => {
  expect(clustered(at(0, 4, 30, 41), ten).map(({ x, notes }) => [x, notes])).toEqual([[2, 2], [30, 1], [41, 1]])
})

test('a cluster that grew into its neighbour takes it in, and none overlaps another', () => {
  const wider = ({ notes }: { notes: number }) => (notes > 1 ? 24 : 10)
  expect(clustered(at(0, 11, 20), wider).map(({ x, notes }) => [x, notes])).toEqual([[31 / 3, 3]])
  const crowd = clustered(at(...Array.from({ length: 500 }, (_, i) => i * 1.7)), wider)
  crowd.slice(1).forEach(({ x }, i) => expect(x - crowd[i]!.x).toBeGreaterThanOrEqual(10))
  expect(crowd.reduce((sum, { notes }) => sum + notes, 0)).toBe(500)
})

test('a cluster keeps both kinds apart and is lit when one of it is', () => {
  const both = clustered([{ x: 0, note: true, lit: false }, { x: 2, note: false, lit: true }], ten)
  expect(both).toEqual([{ x: 1, notes: 1, corrections: 1, lit: true }])
})
