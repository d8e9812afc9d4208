import { expect, test } from 'vitest'
import { board, pressing, squareOf } from './interlocks'
import type { Interlock } from './types'

const place = (id: string, site: string, changes: Partial<Interlock> = {}): Interlock => ({
  id, site, name: { en: id, zh: id }, unit: `${site}.A.U`, alarm: `${site}.A.U/${id}`, state: 'normal', active: false, since_us: 0, value: null, limit: null,
  unit_of_measure: '', bypass: 'none', bypass_tag: '', actions: [], reset: { en: '', zh: '' }, ...changes,
})

test('the board has a row for each number in their order and a column for each site', () => {
  const seen = board([place('I10', 'S03'), place('I9', 'S03', { active: true }), place('I9', 'S03', { bypass: 'on' }), place('I9', 'S01')])
  expect(seen.ids.map(({ id }) => id)).toEqual(['I9', 'I10'])
  expect(seen.sites).toEqual(['S01', 'S03'])
  expect(seen.squares.get(squareOf('I9', 'S03'))).toMatchObject({ tripped: 1, bypassed: 1, unknown: 0 })
  expect(seen.squares.get(squareOf('I10', 'S01'))).toBeUndefined()
})

test('what is bypassed goes before what has tripped, and what is ready is left out', () => {
  const first = pressing([place('I1', 'S05'), place('I2', 'S05', { active: true, since_us: 9 }), place('I3', 'S05', { bypass: 'on', since_us: 1 })])
  expect(first.map(({ id }) => id)).toEqual(['I3', 'I2'])
})
