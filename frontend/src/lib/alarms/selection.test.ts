import { expect, test } from 'vitest'
import { rowOf } from './row.fixture'
import { extend, MOST, NOTHING, refreshed, targets, toggle, without } from './selection'

const [a, b, c] = ['S03.A/LL', 'S03.B/LL', 'S03.C/LL'].map((alarm) => rowOf(alarm)) as [ReturnType<typeof rowOf>, ReturnType<typeof rowOf>, ReturnType<typeof rowOf>]
const names = (selection: typeof NOTHING) => [...selection.chosen.keys()]

test('an alarm is chosen and let go, and a range begins where one was', () => {
  const one = toggle(NOTHING, b)
  expect(names(one)).toEqual(['S03.B/LL'])
  expect(one.anchor).toBe('S03.B/LL')
  expect(names(toggle(one, b))).toEqual([])
})

test('a range is added to what was chosen, and its anchor stays', () => {
  const ranged = extend(toggle(NOTHING, a), [a, b, c])
  expect(names(ranged)).toEqual(['S03.A/LL', 'S03.B/LL', 'S03.C/LL'])
  expect(ranged.anchor).toBe('S03.A/LL')
})

test('no more is chosen than a person can have looked at', () => {
  const many = Array.from({ length: MOST + 5 }, (_, i) => rowOf(`S03.T${i}/H`))
  expect(extend(NOTHING, many).chosen.size).toBe(MOST)
})

test('the choice is of alarms: newer rows bring what is seen of them, whatever their place', () => {
  const chosen = extend(NOTHING, [a, b])
  const newer = rowOf('S03.B/LL', { number: 2, state: 'rtn_unack' })
  const after = refreshed(chosen, [newer, c])
  expect(after.chosen.get('S03.B/LL')?.number).toBe(2)
  expect(after.chosen.get('S03.A/LL')).toBe(a)
  expect(after.chosen.has('S03.C/LL')).toBe(false)
  expect(refreshed(after, [newer])).toBe(after)
})

test('an act is about what is chosen, else about the line with the cursor', () => {
  expect(targets(NOTHING, c)).toEqual([c])
  expect(targets(NOTHING, undefined)).toEqual([])
  expect(targets(extend(NOTHING, [a, b]), c)).toEqual([a, b])
  expect(targets(without(extend(NOTHING, [a, b]), ['S03.A/LL']), c)).toEqual([b])
})
