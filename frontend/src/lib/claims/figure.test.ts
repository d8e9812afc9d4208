import { expect, test } from 'vitest'
import { aClaim } from './claim.fixture'
import { beside, changePercent, field, parted, plain, read } from './figure'

test('a number is parted at its point', () => {
  expect(parted('18,946.76')).toEqual(['18,946', '.76'])
  expect(parted('24')).toEqual(['24', ''])
})

test('an input is shown as it is written', () => {
  expect(plain(42.8017)).toBe('42.8017')
  expect(plain(1_637_000_000)).toBe('1,637,000,000')
  expect(plain(-2.5)).toBe('−2.5')
})

test('a field holds what a hand would write, and is read back', () => {
  expect(field(0.1 + 0.2)).toBe('0.3')
  expect(read(' 1,250.5 ')).toBe(1250.5)
  expect(read('−3')).toBe(-3)
  expect(read('')).toBeNull()
  expect(read('7o')).toBeNull()
})

test('a figure of the plant has the decimals of what it stands beside', () => {
  const claim = aClaim()
  expect(beside(claim, 'value', 13.6929)).toBe('13.7')
  expect(beside(claim, 'per_cell', 457.1)).toBe('457')
  expect(beside(claim, 'efficiency', 78.456)).toBe('78.5')
  expect(beside(claim, 'k_prnd', 42.8017)).toBe('42.80')
  expect(beside(claim, 'efficiency', null)).toBe('–')
})

test('a change is told in per cent of what was', () => {
  expect(changePercent(80, 60)).toBeCloseTo(-25)
  expect(changePercent(0, 60)).toBeNull()
  expect(changePercent(80, null)).toBeNull()
})
