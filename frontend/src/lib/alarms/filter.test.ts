import { expect, test } from 'vitest'
import { addressOf, askedOf, filterOf, narrowed, plainQuery, sortedBy, toggled } from './filter'

const of = (search: string) => filterOf(new URLSearchParams(search))

test('an empty address shows all that is open, causes first, most urgent on top', () => {
  expect(askedOf(of(''))).toEqual({
    states: 'unack,rtn_unack,acked,latched', position: '', site: '', unit: '', priority: '', assignee: '', words: '',
    roots: true, sort: 'urgency', descending: true,
  })
  expect(narrowed(of(''))).toBe(false)
})

test('what the address says comes back as the same address', () => {
  const search = 'q=pump+3&position=metals&priority=critical%2Chigh&states=unack&flat=1&sort=place&order=down'
  const address = addressOf(of(search))
  const said = new URLSearchParams(Object.entries(address).filter((entry): entry is [string, string] => entry[1] !== null))
  expect(said.toString()).toBe(search)
  expect(narrowed(of(search))).toBe(true)
})

test('words of an address that mean nothing are left out', () => {
  const filter = of('priority=urgent,high&states=normal&sort=colour')
  expect(filter.priorities).toEqual(['high'])
  expect(filter.states).toEqual([])
  expect(filter.sort).toBe('urgency')
})

test('a column that is sorted by is turned over; another begins in its own order', () => {
  const time = sortedBy(of(''), 'time')
  expect([time.sort, time.descending]).toEqual(['time', true])
  expect(sortedBy(time, 'time').descending).toBe(false)
  expect(sortedBy(time, 'place').descending).toBe(false)
})

test('a choice of several goes on and off', () => {
  expect(toggled(['a', 'b'], 'a')).toEqual(['b'])
  expect(toggled(['a'], 'b')).toEqual(['a', 'b'])
})

test('what is empty is not asked for', () => {
  expect(plainQuery({ site: '', limit: 200, roots: false, words: 'a b' })).toBe('limit=200&roots=false&words=a+b')
})
