import { expect, test } from 'vitest'
import { blocks, chosen, packed } from './sheet'
import type { Kpi } from './types'

const kpi = (scope: string, group: Kpi['group'], verdict: Kpi['verdict'] = 'ok', value: number | null = 1): Kpi => ({
  id: `${scope}${group}`, name: { en: '', zh: '' }, group, unit: '', decimals: 0, scope, from_us: 0, to_us: 1, value, error: null, why: null, complete: 1,
  plan: 1, target: null, verdict, before: null, forecast: null, origin: 'assumed', source: '', revised: false, version: 1,
})

test('sites stand in the plant’s order, the complex before them, groups in their own', () => {
  const found = blocks([kpi('S02', 'data'), kpi('S02', 'production'), kpi('S01', 'energy'), kpi('', 'data')], ['S01', 'S02'])
  expect(found.map(({ scope, rows }) => [scope, rows])).toEqual([['', 1], ['S01', 1], ['S02', 2]])
  expect(found[2]?.groups.map(({ group }) => group)).toEqual(['production', 'data'])
})

test('blocks go to the shortest column, the left of equals', () => {
  expect(packed([5, 3, 2, 4], 2, (height) => height)).toEqual([[5, 4], [3, 2]])
  expect(packed([1, 2], 0, () => 1)).toEqual([[1, 2]])
})

test('a choice of group and of verdict go together; without a value a number is unknown', () => {
  const all = [kpi('S01', 'energy', 'bad'), kpi('S01', 'energy'), kpi('S02', 'water', 'bad'), kpi('S02', 'water', 'ok', null)]
  expect(chosen(all, { group: null, verdict: 'bad' })).toHaveLength(2)
  expect(chosen(all, { group: 'energy', verdict: 'bad' })).toHaveLength(1)
  expect(chosen(all, { group: null, verdict: 'unknown' })).toHaveLength(1)
  expect(chosen(all, { group: 'data', verdict: null })).toHaveLength(0)
})
