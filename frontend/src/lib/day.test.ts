import { expect, test } from 'vitest'
import { dayShare, midnightUs, usOf } from './day'

test('the day begins at midnight of the plant, not of UTC', () => {
  // 2026-01-31 06:00 in Baotou is 2026-01-30 22:00 UTC
  const us = Date.UTC(2026, 0, 30, 22) * 1000
  expect(midnightUs(us, 'Asia/Shanghai')).toBe(Date.UTC(2026, 0, 30, 16) * 1000)
  expect(dayShare(us, 'Asia/Shanghai')).toBeCloseTo(0.25)
  expect(dayShare(us, 'UTC')).toBeCloseTo(22 / 24)
})

test('a clock of the plant is the moment at which it shows so, also after the clocks went forward', () => {
  expect(usOf('2026-01-31T06:00:05', 'Asia/Shanghai')).toBe(Date.UTC(2026, 0, 30, 22, 0, 5) * 1000)
  expect(usOf('2026-03-08T03:30:00', 'America/New_York')).toBe(Date.UTC(2026, 2, 8, 7, 30) * 1000)
  expect(usOf('', 'Asia/Shanghai')).toBeNaN()
})
