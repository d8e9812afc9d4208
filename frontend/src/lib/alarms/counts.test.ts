import { expect, test } from 'vitest'
import { counted, unacknowledged } from './counts'
import { PRIORITIES, STATES, type Counts } from './types'

/** 1, 2, 3, 4 unacknowledged, 10, 20, ... gone and unacknowledged, 100, 200, ... acknowledged, and so on. */
const COUNTS = Object.fromEntries(
  STATES.map((state, i) => [state, Object.fromEntries(PRIORITIES.map((one, j) => [one, (j + 1) * 10 ** i]))]),
) as Counts

test('alarms are summed over states, and over all priorities or some', () => {
  expect(counted(COUNTS, ['unack', 'acked'])).toBe(1010)
  expect(counted(COUNTS, ['acked'], ['critical', 'low'])).toBe(500)
  expect(counted(COUNTS, [])).toBe(0)
})

test('what has gone without an acknowledgement wants one too', () => {
  expect(unacknowledged(COUNTS)).toEqual({ critical: 11, high: 22, medium: 33, low: 44 })
})
