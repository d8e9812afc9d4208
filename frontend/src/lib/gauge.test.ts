import { expect, test } from 'vitest'
import { placeOn, scaleOf } from './gauge'

const tag = (low: number, high: number, ll: number | null, l: number | null, h: number | null, hh: number | null) => ({
  low: [low], high: [high], ll: [ll], l: [l], h: [h], hh: [hh],
})

test('a gauge shows the limits with room on both sides, inside the range', () => {
  // VOLT_PV 0-30 V, 6.5/7.6/9.4/11
  const scale = scaleOf(tag(0, 30, 6.5, 7.6, 9.4, 11), 0)
  expect(scale.low).toBeCloseTo(5.69)
  expect(scale.high).toBeCloseTo(11.81)
})

test('a tag with only high limits starts at its range, one with none shows its range', () => {
  expect(scaleOf(tag(0, 90, null, null, 48, 55), 0).low).toBe(0)
  expect(scaleOf(tag(-5, 5, null, null, null, null), 0)).toEqual({ low: -5, high: 5 })
})

test('a value off the scale stays at its end', () => {
  expect(placeOn({ low: 0, high: 10 }, 25)).toBe(100)
  expect(placeOn({ low: 0, high: 10 }, 2.5)).toBe(25)
})
