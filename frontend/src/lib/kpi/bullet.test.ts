import { expect, test } from 'vitest'
import { bullet, bulletEnds } from './bullet'

const none = { value: null, plan: null, target: null, gone: 1, forecast: null }

test('an amount is a bar from zero with its plan near the end', () => {
  const found = bullet({ ...none, value: 16, plan: 32 })
  expect(found?.form).toBe('bar')
  expect(found?.plan).toBeCloseTo(100 / 1.04)
  expect(found?.value).toBeCloseTo(50 / 1.04)
})

test('what is due by now is marked while the window runs', () => {
  expect(bullet({ ...none, value: 16, plan: 32, gone: 0.25 })?.due).toBeCloseTo(25 / 1.04)
  expect(bullet({ ...none, value: 16, plan: 32 })?.due).toBeNull()
})

test('what goes past the plan makes the scale longer, and nothing is cut', () => {
  const found = bullet({ ...none, value: 40, plan: 32 })
  expect(found?.value).toBeCloseTo(100 / 1.04)
  expect(found?.plan).toBeCloseTo(80 / 1.04)
  expect(found?.beyond).toBeNull()
})

test('the band of the forecast is drawn on the same scale', () => {
  const found = bullet({ ...none, value: 10, plan: 30, forecast: { value: 31, low: 29, high: 40 } })
  expect(found?.forecast?.to).toBeCloseTo(100 / 1.04)
  expect(found?.forecast?.from).toBeCloseTo((29 / 40) * (100 / 1.04))
})

test('a target band stands in the middle and takes two fifths', () => {
  const found = bullet({ ...none, value: 1.2, target: { low: 1.18, high: 1.22 } })
  expect(found?.form).toBe('mark')
  expect(found?.band?.from).toBeCloseTo(30)
  expect(found?.band?.to).toBeCloseTo(70)
  expect(found?.value).toBeCloseTo(50)
})

test('a value far outside is held at the end and said to lie beyond', () => {
  const found = bullet({ ...none, value: 3, target: { low: 1.18, high: 1.22 } })
  expect(found?.value).toBe(100)
  expect(found?.beyond).toBe('high')
})

test('a one-sided target is a band to the end, and its scale reaches to the value', () => {
  const ends = bulletEnds({ ...none, value: 90, target: { low: 100, high: null } })
  expect(ends).toEqual({ low: 87.5, high: 112.5, form: 'mark' })
  const found = bullet({ ...none, value: 90, target: { low: 100, high: null } })
  expect(found?.band).toEqual({ from: 50, to: 100 })
  expect(found?.value).toBeCloseTo(10)
})

test('without plan and target there is nothing to draw', () => {
  expect(bullet({ ...none, value: 5 })).toBeNull()
  expect(bullet({ ...none, value: 5, target: { low: null, high: null } })).toBeNull()
})

test('without a value the plan is still drawn', () => {
  expect(bullet({ ...none, plan: 32 })?.value).toBeNull()
})
