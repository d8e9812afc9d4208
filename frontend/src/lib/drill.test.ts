import { expect, test } from 'vitest'
import { offset, placesOf, siteOf, sizeSaid, span, suiting, whole, wordsOf } from './drill'
import type { CatalogueFault } from './types'

const fault = (code: string, words: string, places: string[], tags: string[] = []): CatalogueFault => ({
  code, name: code, words, tags, consequence: 'so', within_s: [1, 2], size: null, places,
})
const LINE = fault('F20', "a site's line is down", ['S03', 'S05'])
const WATER = fault('F05', 'cooling water fails', ['S03.PL1.CELL001', 'S05.H1.SC001'], ['CW_F'])
const SCALE = fault('F10', 'scale grows on membranes', ['S08.MEM.RO001'], ['NPF'])
const NOWHERE = fault('F15', 'draught fails', [])
const ALL = [LINE, WATER, SCALE, NOWHERE]

test('a site offers the faults that it has a place for', () => {
  expect(suiting(ALL, 'S05', '')).toEqual([LINE, WATER])
  expect(suiting(ALL, '', '')).toEqual([LINE, WATER, SCALE])
})

test('a fault is found by its code, its words in either language, and the tags that move', () => {
  for (const query of ['f05', 'Cooling fails', '冷却水', 'cw_f', 'water f05']) expect(suiting(ALL, '', query), query).toEqual([WATER])
  expect(suiting(ALL, 'S08', 'water')).toEqual([])
})

test('places are narrowed by site and by path or name', () => {
  const nameOf = (place: string) => (place.endsWith('SC001') ? 'Furnace 1' : 'Cell 1')
  expect(placesOf(WATER, '', '', nameOf)).toEqual(WATER.places)
  expect(placesOf(WATER, 'S05', '', nameOf)).toEqual(['S05.H1.SC001'])
  expect(placesOf(WATER, '', 'furnace', nameOf)).toEqual(['S05.H1.SC001'])
  expect(placesOf(WATER, '', 'cell001', nameOf)).toEqual(['S03.PL1.CELL001'])
})

test('a site is the beginning of a path, or the whole of it', () => {
  expect([siteOf('S05.H1.SC001'), siteOf('S05')]).toEqual(['S05', 'S05'])
})

test('an empty size is the usual one; others lie in the range and are not 0', () => {
  const measure = { unit: '%', usual: 2, least: -10, most: 10 }
  expect(sizeSaid('', measure)).toEqual({ size: null, wrong: null })
  expect(sizeSaid(' −2.5 ', measure)).toEqual({ size: -2.5, wrong: null })
  expect(sizeSaid('much', measure)).toEqual({ size: null, wrong: 'number' })
  expect(sizeSaid('0', measure).wrong).toBe('range')
  expect(sizeSaid('10.1', measure).wrong).toBe('range')
  expect(sizeSaid('10', measure).wrong).toBe(null)
  expect(sizeSaid('7', null)).toEqual({ size: null, wrong: null })
})

test('times after the start are written as in scenario files', () => {
  expect([0, 11_400, 1230, 90_000].map(offset)).toEqual(['00:00', '03:10', '00:20:30', '25:00'])
})

test('a time that counts on shows whole seconds', () => {
  expect([-0.4, 7.9, 59.99, 185].map(whole)).toEqual(['0 s', '7 s', '59 s', '3 min 05 s'])
})

test('a span names its unit once, or both where they differ', () => {
  expect(span([1080, 1200])).toBe('18–20 min')
  expect(span([14_400, 25_200])).toBe('4–7 h')
  expect(span([1, 2])).toBe('1–2 s')
  expect(span([43_200, 259_200])).toBe('12 h – 3 d')
  expect(span([2, 1800])).toBe('2 s – 30 min')
  expect(span([60, 60])).toBe('1 min')
})

test('the words follow the language, and what has no Chinese keeps the twin’s own', () => {
  expect(wordsOf(WATER, 'zh').words).toBe('冷却水中断')
  expect(wordsOf(WATER, 'en').words).toBe('cooling water fails')
  expect(wordsOf(fault('F99', 'new', []), 'zh')).toEqual({ words: 'new', consequence: 'so' })
})
