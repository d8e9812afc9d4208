import { expect, test } from 'vitest'
import { limitPassed, quality, statusName } from './status'

test('the two severity bits decide the quality, also of codes above 2^31', () => {
  expect(quality(0)).toBe('good')
  expect(quality(0x40900000)).toBe('uncertain')
  expect(quality(0x808c0000)).toBe('bad')
})

test('an unknown code keeps its bits in the name', () => {
  expect(statusName(0x808c0000)).toBe('BadSensorFailure')
  expect(statusName(0x80ab0000)).toBe('Bad 0x80AB0000')
})

test('a trip limit wins over a warning limit, and a missing limit never trips', () => {
  // T_CELL VOLT_PV: 6.5 / 7.6 / 9.4 / 11
  expect(limitPassed(8.4, 6.5, 7.6, 9.4, 11)).toBeNull()
  expect(limitPassed(9.4, 6.5, 7.6, 9.4, 11)).toBe('H')
  expect(limitPassed(20, 6.5, 7.6, 9.4, 11)).toBe('HH')
  expect(limitPassed(7, 6.5, 7.6, 9.4, 11)).toBe('L')
  expect(limitPassed(1e9, null, null, null, null)).toBeNull()
})
