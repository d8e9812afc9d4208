import { expect, test } from 'vitest'
import { comparison } from './comparison'

test('an amount is compared in per cent of what was', () => {
  expect(comparison(30, 32, 't', 2)).toEqual({ direction: 'less', amount: 6.25, as: 'percent', decimals: 1 })
  expect(comparison(48, 32, 't', 2)).toEqual({ direction: 'more', amount: 50, as: 'percent', decimals: 0 })
})

test('a share is compared in points', () => {
  const found = comparison(98, 97.5, '%', 1)
  expect(found).toEqual({ direction: 'more', amount: 0.5, as: 'points', decimals: 1 })
})

test('what looks the same is said to be the same', () => {
  expect(comparison(7.551, 7.554, 'kWh/kg', 2)?.direction).toBe('same')
  expect(comparison(7.551, 7.554, 'kWh/kg', 3)?.direction).toBe('less')
})

test('against nothing, and against very little, the plain size is said', () => {
  expect(comparison(4, 0, 'n', 0)).toEqual({ direction: 'more', amount: 4, as: 'amount', decimals: 0 })
  expect(comparison(40, 1, 'n', 0)).toEqual({ direction: 'more', amount: 39, as: 'amount', decimals: 0 })
})

test('a negative number before is no reason for a negative share', () => {
  expect(comparison(-5, -10, 'kW', 0)).toEqual({ direction: 'more', amount: 50, as: 'percent', decimals: 0 })
})

test('without one of the two there is no comparison', () => {
  expect(comparison(null, 3, 't', 1)).toBeNull()
  expect(comparison(3, null, 't', 1)).toBeNull()
})
