import { expect, test } from 'vitest'
import { aClaim } from './claim.fixture'
import { asAsked, byWeight, differing, moved, proofOf, triedIn } from './trying'

const claim = aClaim()
const efficiency = claim.inputs[3]!
const asked = (text: string) => triedIn(new URLSearchParams({ try: text }), claim)

test('what is tried stands in the address', () => {
  expect(asked('efficiency:70,s03_metal:33.5')).toEqual({ efficiency: 70, s03_metal: 33.5 })
  expect(asAsked({ efficiency: 70, s03_metal: 33.5 })).toBe('efficiency:70,s03_metal:33.5')
  expect(asAsked({})).toBeNull()
})

test('an address that asks for what cannot be tried changes nothing', () => {
  expect(asked('efficiency:91,k_prnd:50,nothing:1,poor:,efficiency')).toEqual({})
  expect(asked('efficiency:78')).toEqual({})
})

test('an input moves within its band, and back at what is written it is no change', () => {
  expect(moved({ poor: 65 }, efficiency, 70)).toEqual({ poor: 65, efficiency: 70 })
  expect(moved({ poor: 65, efficiency: 70 }, efficiency, 78)).toEqual({ poor: 65 })
  expect(moved({}, efficiency, 500)).toEqual({ efficiency: 90 })
})

test('the input that moves the value most comes first, a slider before a constant of equal weight', () => {
  const rows = byWeight(claim)
  expect(rows.map((row) => row.input.name)).toEqual(['efficiency', 's03_metal', 'k_prnd', 'poor'])
  expect(rows[0]!.bar).toBe(-100)
  expect(rows[1]!.bar).toBeCloseTo(83.33, 2)
  expect(rows[3]!.bar).toBe(0)
})

test('what differs from what is written is named', () => {
  const tried = aClaim({ value: 15.3, verdict: 'broken', band: { low: 3, high: 15 } })
  tried.inputs[3] = { ...efficiency, value: 70 }
  expect(differing(claim, tried)).toEqual(new Set(['value', 'high', 'verdict', 'efficiency']))
  expect(differing(claim, claim).size).toBe(0)
})

test('a live value opens its own proof', () => {
  const live = { kind: 'headline', id: 's03_metal', scope: '', of: 'value', value: 1, unit: 't/d', at_us: 0, plan: null } as const
  expect(proofOf(live)).toBe('/?proof=s03_metal')
  expect(proofOf({ ...live, kind: 'kpi', id: 'ac_energy', scope: 'S03' })).toBe('/kpi/S03?window=now&proof=ac_energy@S03')
  expect(proofOf({ ...live, kind: 'kpi', id: 'points' })).toBe('/kpi?window=now&proof=points@')
  expect(proofOf({ ...live, kind: 'flow', id: 'gd_oxide' })).toBe('/?proof=flow.gd_oxide@')
})
