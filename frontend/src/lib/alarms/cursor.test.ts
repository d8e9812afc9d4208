import { expect, test } from 'vitest'
import { Cursor } from './cursor.svelte'
import { rowOf } from './row.fixture'
import type { Lines } from './steady'

class Shown implements Lines {
  constructor(public alarms: string[]) {}
  at = (line: number) => (this.alarms[line] ? { row: rowOf(this.alarms[line]), depth: 0 as const } : undefined)
  lineOf = (alarm: string) => this.alarms.indexOf(alarm)
}

function on(at: number, ...alarms: string[]): [Cursor, Shown] {
  const shown = new Shown(alarms)
  const cursor = new Cursor(shown)
  cursor.put(at)
  return [cursor, shown]
}

test('it goes with its alarm when others come above', () => {
  const [cursor, shown] = on(1, 'A', 'B')
  shown.alarms = ['X', 'Y', 'A', 'B']
  cursor.settle(4)
  expect(cursor.place).toEqual({ at: 3, alarm: 'B' })
})

test('when its alarm has gone it is on none, so that no key acts on the one that came there', () => {
  const [cursor, shown] = on(1, 'A', 'B', 'C')
  shown.alarms = ['A', 'C']
  cursor.settle(2)
  expect(cursor.row).toBeUndefined()
  expect([cursor.at, cursor.gone]).toEqual([1, 'B'])
  cursor.put(1)
  expect([cursor.row?.alarm, cursor.gone]).toEqual(['C', ''])
})

test('put on a line that is not here yet, it takes the alarm that comes', () => {
  const [cursor, shown] = on(50_000, 'A')
  expect(cursor.row).toBeUndefined()
  shown.alarms[50_000] = 'Z'
  cursor.settle(50_001)
  expect(cursor.row?.alarm).toBe('Z')
})

test('after an act it goes to the next that was not in it, and after another act stays', () => {
  const [cursor] = on(0, 'A', 'B', 'C')
  cursor.advance(new Set(['A', 'B']), 3)
  expect(cursor.row?.alarm).toBe('C')
  cursor.advance(new Set(['A']), 3)
  expect(cursor.row?.alarm).toBe('C')
})
