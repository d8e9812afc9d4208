import { expect, test } from 'vitest'
import type { Shift } from './types'
import { goneOf, keptEvery, longerHours } from './windows'

const HOUR_US = 3600e6
const midnight_us = Date.UTC(2026, 10, 27, 16) * 1000
const shift: Shift = { id: '2026-11-28/night', name: { en: '', zh: '' }, from_us: midnight_us, to_us: midnight_us + 8 * HOUR_US, closed: false }
const at = (name: 'now' | 'shift' | 'day' | 'yesterday', hours: number) => ({ name, from_us: midnight_us, to_us: midnight_us + hours * HOUR_US })

test('a quarter of a shift is two hours, of a day six', () => {
  expect(goneOf(at('shift', 2), [shift], 'Asia/Shanghai')).toBe(0.25)
  expect(goneOf(at('day', 6), [shift], 'Asia/Shanghai')).toBe(0.25)
})

test('the last hour and yesterday are over, and so is a shift that is not known', () => {
  expect(goneOf(at('now', 1), [], 'Asia/Shanghai')).toBe(1)
  expect(goneOf(at('yesterday', 24), [], 'Asia/Shanghai')).toBe(1)
  expect(goneOf(at('shift', 2), [], 'Asia/Shanghai')).toBe(1)
})

test('a number that needs a day says so in the window of a shift', () => {
  const long = { from_us: midnight_us - 20 * HOUR_US, to_us: midnight_us + 4 * HOUR_US }
  expect(longerHours(long, at('shift', 4))).toBe(24)
  expect(longerHours(at('shift', 4), at('shift', 4))).toBeNull()
  expect(keptEvery('S03', long, at('shift', 4))).toBe('day')
  expect(keptEvery('S03.PL1.CELL001', at('shift', 4), at('shift', 4))).toBe('shift')
  expect(keptEvery('S03', undefined, at('shift', 4))).toBe('hour')
})
