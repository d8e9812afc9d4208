import { expect, test } from 'vitest'
import { changed, proofAsked, toProof, windowAsked } from './address'

test('one thing of the query changes, the rest stays', () => {
  const query = new URLSearchParams('window=day&group=energy')
  expect(changed(query, { group: 'water' })).toBe('?window=day&group=water')
  expect(changed(query, { group: null })).toBe('?window=day')
  expect(changed(query, { group: null, window: '' })).toBe('')
})

test('a proof has an address that can be read', () => {
  expect(changed(new URLSearchParams('window=day'), toProof('ce', 'S03.PL1.CELL001'))).toBe('?window=day&proof=ce@S03.PL1.CELL001')
})

test('a proof comes back out of its address, with the time of its own', () => {
  expect(proofAsked(new URLSearchParams('proof=ce@S03'))).toEqual({ kpi: 'ce', scope: 'S03', between: null })
  expect(proofAsked(new URLSearchParams('proof=ce@S03&from_us=10&to_us=20'))?.between).toEqual({ from_us: 10, to_us: 20 })
  expect(proofAsked(new URLSearchParams('proof=ce@S03&from_us=20&to_us=20'))?.between).toBeNull()
  for (const text of ['', 'proof=ce', 'proof=@S03', 'proof=a@b@c']) expect(proofAsked(new URLSearchParams(text))).toBeNull()
})

test('the whole complex is the scope without a name', () => {
  expect(proofAsked(new URLSearchParams('proof=power@'))).toEqual({ kpi: 'power', scope: '', between: null })
})

test('a window that is none is this shift', () => {
  expect(windowAsked(new URLSearchParams('window=yesterday'))).toBe('yesterday')
  expect(windowAsked(new URLSearchParams('window=week'))).toBe('shift')
})
