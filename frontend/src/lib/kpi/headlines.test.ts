import { expect, test } from 'vitest'
import { figuresOf } from './headlines'
import type { Kpi } from './types'

const metal: Kpi = {
  id: 'metal', name: { en: '', zh: '' }, group: 'production', unit: 't', decimals: 1, scope: 'S03', from_us: 0, to_us: 1, value: 12, error: null, why: null,
  complete: 1, plan: 32, target: null, verdict: 'ok', before: null, forecast: { value: 31, low: 29, high: 33 }, origin: 'published', source: '', revised: false, version: 0,
}
const headline = { id: 's03_metal', site: 'S03', unit: 't', plan: 32 }

test('a headline is the figure with its site, unit and plan', () => {
  expect(figuresOf([headline], [metal]).get('s03_metal')?.forecast).toEqual({ value: 31, low: 29, high: 33 })
})

test('another site, unit or plan is another figure, and two that fit are none', () => {
  for (const other of [{ ...metal, scope: 'S10' }, { ...metal, unit: 'kg' }, { ...metal, plan: 31.9 }])
    expect(figuresOf([headline], [other]).size).toBe(0)
  expect(figuresOf([headline], [metal, metal]).size).toBe(0)
})
