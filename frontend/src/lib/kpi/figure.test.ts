import { expect, test } from 'vitest'
import { figure, roomFor, sharePercent } from './figure'

test('a number is cut at its point', () => {
  expect(figure(1204.256, 2)).toEqual({ whole: '1,204', fraction: '.26' })
  expect(figure(-0.5, 1)).toEqual({ whole: '−0', fraction: '.5' })
  expect(figure(864, 0)).toEqual({ whole: '864', fraction: '' })
  expect(figure(null, 3)).toEqual({ whole: '–', fraction: '' })
})

test('a column is as wide as its widest parts, which need not be of one number', () => {
  const room = roomFor([figure(1204.2, 1), figure(7.551, 3), figure(null, 2)])
  expect(room).toEqual({ whole: 5, fraction: 4 })
})

test('an empty column still has room for a dash', () => {
  expect(roomFor([])).toEqual({ whole: 1, fraction: 0 })
})

test('a share that lacks something is never whole', () => {
  expect([1, 0.9999, 0.974, 0.5, 0].map(sharePercent)).toEqual(['100', '99.9', '97', '50', '0'])
})
