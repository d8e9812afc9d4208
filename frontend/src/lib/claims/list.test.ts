import { expect, test } from 'vitest'
import { aClaim } from './claim.fixture'
import { counted, found, toggled, verdictsAsked } from './list'

const claims = [aClaim(), aClaim({ id: 'C17', verdict: 'tension', name: { en: 'Flakes over a year', zh: '薄片年化产量' } }), aClaim({ id: 'C22', verdict: 'loose' })]
const ids = (words: string, verdicts: Parameters<typeof found>[2] = []) => found(claims, words, verdicts).map((claim) => claim.id)

test('claims are counted by their verdict', () => {
  expect(counted(claims)).toEqual({ ok: 0, ok_if: 1, loose: 1, tension: 1, broken: 0 })
})

test('every word must be there, in either language', () => {
  expect(ids('')).toEqual(['C09', 'C17', 'C22'])
  expect(ids('flakes YEAR')).toEqual(['C17'])
  expect(ids('薄片')).toEqual(['C17'])
  expect(ids('old cell')).toEqual(['C09', 'C17', 'C22'])
  expect(ids('flakes snow')).toEqual([])
})

test('verdicts narrow the list', () => {
  expect(ids('', ['tension', 'loose'])).toEqual(['C17', 'C22'])
})

test('verdicts of the address are put in and taken out one by one, in their own order', () => {
  expect(verdictsAsked(new URLSearchParams('verdict=broken,ok,nonsense'))).toEqual(['ok', 'broken'])
  expect(toggled(['broken'], 'loose')).toBe('loose,broken')
  expect(toggled(['broken'], 'broken')).toBeNull()
})
