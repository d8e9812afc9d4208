import { expect, test } from 'vitest'
import { matrices, nextSort, sortAsked } from './matrix'
import type { Kpi } from './types'

const kpi = (id: string, scope: string, value: number | null): Kpi => ({
  id, name: { en: '', zh: '' }, group: 'quality', unit: '', decimals: 0, scope, from_us: 0, to_us: 1, value, error: null, why: null, complete: 1,
  plan: null, target: null, verdict: 'ok', before: null, forecast: null, origin: 'assumed', source: '', revised: false, version: 1,
})
const templateOf = (unit: string) => unit.split('.')[2]!.replace(/\d+/, '')

test('units of one kind stand in one table, with the whole site beside', () => {
  const found = matrices([kpi('ce', 'S03', 79), kpi('ce', 'S03.A.CELL1', 78), kpi('kwh', 'S03.A.CELL2', 7), kpi('pf', 'S03.A.RECT1', 1)], 'S03', templateOf)
  expect(found.map(({ template, rows }) => [template, rows.length])).toEqual([['CELL', 2], ['RECT', 1]])
  expect(found[0]?.columns.map(({ like, site }) => [like.id, site?.value])).toEqual([['ce', 79], ['kwh', undefined]])
  expect(found[0]?.rows[1]?.cells.map((cell) => cell?.kpi.value)).toEqual([undefined, 7])
})

test('a unit far from the rest is marked in its column', () => {
  const kpis = Array.from({ length: 20 }, (_, i) => kpi('ce', `S03.A.CELL${i}`, i === 7 ? 50 : 78 + (i % 3)))
  const rows = matrices(kpis, 'S03', templateOf)[0]!.rows
  expect(rows.filter(({ cells }) => cells[0]?.outlier).map(({ unit }) => unit)).toEqual(['S03.A.CELL7'])
})

test('a head sorts largest first, then smallest first, then not', () => {
  expect(sortAsked(null)).toEqual({ by: 'unit', descending: false })
  expect(nextSort(sortAsked(null), 'ce')).toBe('-ce')
  expect(nextSort(sortAsked('-ce'), 'ce')).toBe('ce')
  expect(nextSort(sortAsked('ce'), 'ce')).toBeNull()
  expect(nextSort(sortAsked('ce'), 'unit')).toBeNull()
  expect(nextSort(sortAsked(null), 'unit')).toBe('-unit')
})
