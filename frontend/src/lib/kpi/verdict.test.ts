import { expect, test } from 'vitest'
import { en } from '../i18n/en'
import type { Kpi } from './types'
import { incomplete, tallied, verdictKey } from './verdict'

const kpi: Kpi = {
  id: 'metal', name: { en: '', zh: '' }, group: 'production', unit: 't', decimals: 1, scope: 'S03', from_us: 0, to_us: 1, value: 30, error: null, why: null,
  complete: 1, plan: 32, target: null, verdict: 'bad', before: null, forecast: null, origin: 'assumed', source: '', revised: false, version: 1,
}
const ratio: Kpi = { ...kpi, plan: null, target: { low: 97, high: null } }
const free: Kpi = { ...kpi, plan: null, target: { low: null, high: null }, verdict: 'unknown' }

test('a missed plan, a left target, a number without either and no number at all are said apart', () => {
  expect(en[verdictKey(kpi)]).toBe('behind plan')
  expect(en[verdictKey(ratio)]).toBe('off target')
  expect(en[verdictKey(free)]).toBe('no target set')
  expect(en[verdictKey({ ...kpi, value: null })]).toBe('no value')
})

test('every verdict has a word', () => {
  for (const each of [kpi, ratio])
    for (const verdict of ['ok', 'warn', 'bad', 'unknown'] as const) expect(en[verdictKey({ ...each, verdict })]).toBeTruthy()
})

test('what is not judged is not counted as unknown', () => {
  expect(tallied([kpi, ratio, free, { ...kpi, value: null }])).toEqual({ ok: 0, warn: 0, bad: 2, unknown: 1 })
})

test('a number of too few readings is incomplete; no number is not', () => {
  expect(incomplete({ ...kpi, complete: 0.9949 })).toBe(true)
  expect(incomplete({ ...kpi, complete: 0.995 })).toBe(false)
  expect(incomplete({ ...kpi, complete: 0, value: null })).toBe(false)
})
