import { expect, test } from 'vitest'
import { shelfLeft_s, toRespond } from './left'

test('time to respond counts from when the condition began, and goes below zero', () => {
  expect(toRespond(100e6, 60, 115e6)).toEqual({ left_s: 45, gone: 0.25 })
  expect(toRespond(100e6, 60, 190e6)).toEqual({ left_s: -30, gone: 1 })
})

test('a clock that is behind does not give more time than there is', () => {
  expect(toRespond(100e6, 60, 90e6)).toEqual({ left_s: 60, gone: 0 })
})

test('without a time nobody counts', () => {
  expect(toRespond(100e6, 0, 190e6)).toBeNull()
  expect(toRespond(0, 60, 190e6)).toBeNull()
})

test('a shelf that is over has nothing left', () => {
  expect(shelfLeft_s(3600e6, 0)).toBe(3600)
  expect(shelfLeft_s(10e6, 20e6)).toBe(0)
})
