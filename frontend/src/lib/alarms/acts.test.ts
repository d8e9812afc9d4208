import { expect, test } from 'vitest'
import { fitting, possible, serviceAct } from './acts'
import { rowOf } from './row.fixture'

const unack = rowOf('S03.A/LL')
const acked = rowOf('S03.B/LL', { state: 'acked' })
const out = rowOf('S03.C/LL', { state: 'out_of_service' })

test('an act is offered where it is right for one of the alarms, and is about those', () => {
  expect(possible('acknowledge', [acked, unack])).toBe(true)
  expect(possible('acknowledge', [acked])).toBe(false)
  expect(fitting('acknowledge', [acked, unack])).toEqual([unack])
})

test('where it fits none, the server is asked and says why', () => {
  expect(fitting('reset', [acked])).toEqual([acked])
  expect(fitting('reset', [])).toEqual([])
})

test('one key takes out of service and back', () => {
  expect(serviceAct([unack, out])).toBe('remove_from_service')
  expect(serviceAct([out])).toBe('return_to_service')
  expect(serviceAct([])).toBe('remove_from_service')
})
