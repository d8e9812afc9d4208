import { expect, test } from 'vitest'
import { reached, rowLength, shortLabel } from './hall'

test('short areas stand in one row, long ones in equal rows', () => {
  expect(rowLength(10)).toBe(10)
  expect(rowLength(96)).toBe(24)
  expect(rowLength(26)).toBe(13)
})

test('down goes to the nearest mark of the next row, also when that row is shorter', () => {
  const spots = [{ x: 0, y: 0 }, { x: 10, y: 0 }, { x: 20, y: 0 }, { x: 0, y: 30 }, { x: 10, y: 30 }, { x: 0, y: 60 }]
  expect(reached(spots, 2, 'ArrowDown')).toBe(4)
  expect(reached(spots, 4, 'ArrowDown')).toBe(5)
  expect(reached(spots, 5, 'ArrowDown')).toBe(5)
  expect(reached(spots, 5, 'ArrowUp')).toBe(3)
  expect(reached(spots, 2, 'ArrowRight')).toBe(3)
})

test("a unit's short label is its number", () => {
  expect(['PRECIP001', 'SC010', 'STN000', 'KILN'].map(shortLabel)).toEqual(['1', '10', '0', 'KILN'])
})
