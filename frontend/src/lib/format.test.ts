import { expect, test } from 'vitest'
import { age, bytes, completeness, moment, number, second, threeFigures, zoneName } from './format'

test('a number keeps its decimals, groups thousands and says when there is none', () => {
  expect(number(12345.6, 1)).toBe('12,345.6')
  expect(number(-0.5, 2)).toBe('−0.50')
  expect(number(null, 2)).toBe('–')
  expect(number(Number.NaN, 0)).toBe('–')
})

test('one lost point in a billion is never shown as complete', () => {
  expect(completeness(1)).toBe('100.000')
  expect(completeness(1 - 1e-9)).toBe('99.999')
  expect(completeness(0.99999)).toBe('99.999')
})

test('three figures are kept over the decades', () => {
  expect([0.5, 22.361, 99.97, 417.9, 9310.2].map(threeFigures)).toEqual(['0.50', '22.4', '100', '418', '9,310'])
})

test('ages carry their two largest units', () => {
  expect(age(4.21)).toBe('4.2 s')
  expect(age(185)).toBe('3 min 05 s')
  expect(age(7440)).toBe('2 h 04 min')
})

test('times are in the plant zone, whatever the browser thinks', () => {
  // 2026-01-30 16:00:00.250 UTC is midnight in Baotou
  const us = Date.UTC(2026, 0, 30, 16, 0, 0, 250) * 1000
  expect(moment(us, 'Asia/Shanghai')).toBe('2026-01-31 00:00:00.250')
  expect(moment(us + 749_900, 'Asia/Shanghai')).toBe('2026-01-31 00:00:00.999')
  expect(second(us, 'Asia/Shanghai')).toBe('2026-01-31 00:00:00')
  expect(zoneName(us, 'Asia/Shanghai')).toBe('UTC+8')
})

test('bytes step by thousands', () => {
  expect(bytes(2_240_000_000)).toEqual({ value: '2.24', unit: 'GB' })
})
