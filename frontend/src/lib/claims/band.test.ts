import { expect, test } from 'vitest'
import { bandOn, pointOn, spanOf } from './band'

test('a band with two ends has a quarter of its width at either side', () => {
  const span = spanOf({ value: 14, band: { low: 10, high: 20 } })
  expect(span).toEqual({ from: 7.5, to: 22.5 })
  expect(pointOn(span, 15)).toEqual({ at: 50, beyond: null })
  const drawn = bandOn(span, { low: 10, high: 20 })
  expect(drawn.from).toBeCloseTo(16.67, 2)
  expect(drawn.to).toBeCloseTo(83.33, 2)
  expect(drawn.open).toEqual({ low: false, high: false })
})

test('an open side runs out to the end of the line', () => {
  const span = spanOf({ value: 38, band: { low: null, high: 0 } })
  expect(span).toEqual({ from: -9.5, to: 47.5 })
  expect(bandOn(span, { low: null, high: 0 })).toMatchObject({ from: 0, open: { low: true, high: false } })
})

test('what is tried moves on the line of what is written, and says when it is beyond', () => {
  const span = spanOf({ value: 14, band: { low: 10, high: 20 } })
  expect(pointOn(span, 30)).toEqual({ at: 100, beyond: 'high' })
  expect(pointOn(span, 0)).toEqual({ at: 0, beyond: 'low' })
})

test('a band of one point, and no value at all, can be drawn', () => {
  const span = spanOf({ value: 7.8, band: { low: 0, high: 0 } })
  const drawn = bandOn(span, { low: 0, high: 0 })
  expect(drawn.from).toBe(drawn.to)
  expect(spanOf({ value: null, band: { low: null, high: null } })).toEqual({ from: -0.25, to: 1.25 })
  expect(pointOn(span, null)).toBeNull()
})
