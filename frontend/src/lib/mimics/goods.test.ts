import { expect, test } from 'vitest'
import { goodsInside, namedGoods, travelled } from './goods'

test('what came last stands at the entry, what goes next at the exit', () => {
  expect(goodsInside(7, 0, 70, null)).toEqual({ newest: 7, oldest: 1, lanes: 1, places: [5, 15, 25, 35, 45, 55, 65] })
})

test('each moves on when another comes', () => {
  const before = goodsInside(107, 100, 70, null)
  const after = goodsInside(108, 101, 70, null)
  expect(before?.places[107 - 104]).toBe(35)
  expect(after?.places[108 - 104]).toBe(45)
})

test('a thousand stand five abreast, and those of one row in one place', () => {
  const goods = goodsInside(1004, 0, 70, null)
  expect(goods?.lanes).toBe(5)
  expect(goods?.places.slice(0, 6).map((m) => Math.round(m * 1000))).toEqual([174, 174, 174, 174, 174, 522])
  expect(goods?.places.at(-1)).toBeCloseTo(69.83, 2)
})

test('goods that travel less far than the length while they stay stand closer, none beyond the end', () => {
  expect(goodsInside(7, 0, 70, 35)?.places).toEqual([2.5, 7.5, 12.5, 17.5, 22.5, 27.5, 32.5])
  expect(goodsInside(7, 0, 70, 140)?.places).toEqual([10, 30, 50, 70, 70, 70, 70])
})

test('without anything inside, or with counters that were set back, there are none', () => {
  expect(goodsInside(7, 7, 70, null)).toBeNull()
  expect(goodsInside(3, 9, 70, null)).toBeNull()
})

test('the way travelled is speed times time, in the units of the tags', () => {
  expect(travelled(150, 'mm/min', 8, 'h')).toBeCloseTo(72)
  expect(travelled(9, 'm/h', 480, 'min')).toBeCloseTo(72)
  expect(travelled(150, 'knots', 8, 'h')).toBeNull()
  expect(travelled(null, 'mm/min', 8, 'h')).toBeNull()
})

test('about a dozen are named, by round numbers', () => {
  expect(namedGoods({ oldest: 101, newest: 1105 })).toEqual([200, 300, 400, 500, 600, 700, 800, 900, 1000, 1100])
  expect(namedGoods({ oldest: 1, newest: 1000 })).toEqual([100, 200, 300, 400, 500, 600, 700, 800, 900, 1000])
  expect(namedGoods({ oldest: 3, newest: 6 })).toEqual([3, 4, 5, 6])
})
