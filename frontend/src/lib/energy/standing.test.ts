import { expect, test } from 'vitest'
import { standing } from './standing'
import { percentOf, unsigned } from './figures'

const contract = { cap_mw: 95, power_mw: 100 }

test('a power at its limit still keeps to it', () => {
  expect(standing(95, contract)).toBe('within')
  expect(standing(95.01, contract)).toBe('over_cap')
  expect(standing(100, contract)).toBe('over_cap')
  expect(standing(100.01, contract)).toBe('over_contract')
  expect(standing(null, contract)).toBe('unknown')
})

test('what rounds to nothing has no sign', () => {
  expect(unsigned(-0.04, 1)).toBe(0)
  expect(unsigned(-0.05, 1)).toBe(-0.05)
  expect(unsigned(null, 1)).toBeNull()
})

test('there is no share of nothing', () => {
  expect(percentOf(5, 20)).toBe(25)
  expect(percentOf(5, 0)).toBeNull()
  expect(percentOf(null, 20)).toBeNull()
})
