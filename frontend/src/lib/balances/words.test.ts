import { describe, expect, test } from 'vitest'
import { number } from '../format'
import { tongue } from '../prefs.svelte'
import { heightOf, placeWords } from './place'
import { orderAfter, orderAsked, sorted } from './sorting'
import type { Closing, ClosedSheet, GrossError, SheetNode, SheetStream } from './types'
import { beyond, chiOnBar, classOf, decimalsWith, estimateWords, listed, onBar, percentOf, remark, signed, verdictOf } from './words'

const closing: Closing = {
  from_us: 0, to_us: 3600e6, length_us: 3600e6, stretches: [[0, 3600e6]], came: 20, went: 18, gained: 1, missing: 1, missing_sigma: 0.4, missing_percent: 5,
  objective: 8, degrees: 3, limit: 11.3, chance: 0.05, suspicious: false, errors: [], silent: [],
}
const error = (changes: Partial<GrossError>): GrossError => ({
  kind: 'bias', what: { en: 'Feed: the meter reads wrong', zh: '进水：仪表读数有偏差' }, first: 'feed', second: '', estimate: 0.163, sigma: 0.031, percent: 3.1, statistic: 5.2, same: [], rivals: [], ...changes,
})
const stream = (id: string, changes: Partial<SheetStream> = {}): SheetStream => ({
  id, name: { en: id, zh: id }, from: '', to: 'tank', gauging: false, figure: id, formula: null, reading: 5, sigma: 0.1, complete: 1, value: 5, value_sigma: 0.1, adjustment: 0, statistic: 0, class: 'redundant', ...changes,
})

describe('the verdict', () => {
  test('closes up to its limit, and does not beyond', () => {
    expect(verdictOf(closing)).toBe('closes')
    expect(verdictOf({ ...closing, suspicious: true })).toBe('open')
  })

  test('nothing is said where nothing is kept, or no balance has its meters', () => {
    expect(verdictOf(null)).toBe('silent')
    expect(verdictOf({ ...closing, degrees: 0 })).toBe('silent')
  })

  test('the bar reaches its limit in the middle and never runs out', () => {
    expect(chiOnBar(11.3, 11.3)).toBe(0.5)
    expect(chiOnBar(5.65, 11.3)).toBe(0.25)
    expect(chiOnBar(22.6, 11.3)).toBe(0.75)
    expect(chiOnBar(1e9, 11.3)).toBeLessThanOrEqual(1)
    expect(chiOnBar(-1e-12, 11.3)).toBe(0)
  })
})

describe('a named error', () => {
  test('a bias has its amount, what that may be off by, and its share of the flow', () => {
    expect(estimateWords(error({}), closing, 't', 1)).toBe('+0.16 ± 0.03 t (+3.1 %)')
    expect(percentOf(error({}))).toBe('balance.percent.flow')
  })

  test('a leak is compared with what came, swapped meters have a share only', () => {
    expect(estimateWords(error({ kind: 'leak', estimate: -3, sigma: 0.8, percent: null }), closing, 't', 1)).toBe('−3.0 ± 0.8 t (−15 %)')
    expect(percentOf(error({ kind: 'leak', percent: null }))).toBe('balance.percent.came')
    expect(estimateWords(error({ kind: 'swap', estimate: 1.02, sigma: 0.04, percent: null }), closing, 't', 1)).toBe('102 ± 4 %')
    expect(estimateWords(error({ kind: 'leak', percent: null }), { ...closing, came: null }, 't', 1)).toBe('+0.16 ± 0.03 t')
  })

  test('it is marked at its stream or node, and nowhere else', () => {
    const errors = [error({}), error({ kind: 'leak', first: 'tank', estimate: -1 }), error({ kind: 'swap', first: 'a', second: 'b' }), error({ kind: 'bypass', first: 'one', second: 'two' })]
    expect(remark('feed', 'stream', errors)).toBe('balance.mark.much')
    expect(remark('tank', 'node', errors)).toBe('balance.mark.gains')
    expect(remark('b', 'stream', errors)).toBe('balance.mark.swapped')
    expect(remark('two', 'node', errors)).toBe('balance.mark.bypass')
    expect(remark('feed', 'node', errors)).toBeNull()
    expect(remark('', 'stream', errors)).toBeNull()
  })

  test('what it is itself is not named among what cannot be told from it', () => {
    const leak = { en: 'Tank: leaks', zh: '罐：泄漏' }
    expect(listed([error({}).what, leak, leak], (text) => text.en, error({}).what)).toEqual(['Tank: leaks'])
  })
})

describe('numbers', () => {
  test('decimals show the smallest uncertainty, at most two more than the sheet has', () => {
    expect(decimalsWith(1, [0.4, 2])).toBe(1)
    expect(decimalsWith(1, [0.03, 2])).toBe(2)
    expect(decimalsWith(1, [1e-6])).toBe(3)
    expect(decimalsWith(1, [null, 0])).toBe(1)
  })

  test('a sign stands where there is an amount', () => {
    expect([1.24, -0.3, 0, 0.04, -0.04].map((each) => signed(each, 1))).toEqual(['+1.2', '−0.3', '0.0', '0.0', '0.0'])
    expect(signed(null, 1)).toBe(number(null, 1))
  })

  test('a statistic is beyond its limit either way, and stays on its bar', () => {
    expect([3.6, -3.6, 3.5].map((statistic) => beyond({ statistic }, 3.58))).toEqual([true, true, false])
    expect(beyond({ statistic: null }, 3.58)).toBe(false)
    expect([onBar(3, 3), onBar(-1.5, 3), onBar(-90, 3)]).toEqual([0.5, -0.25, -1])
  })
})

test('a meter that said too little is told from a stream without one', () => {
  expect(classOf(stream('a', { class: 'observable', figure: null, reading: null }))).toBe('balance.class.observable')
  expect(classOf(stream('a', { class: 'observable', reading: null }))).toBe('balance.class.silent')
  expect(classOf(stream('a', { class: 'unobservable', reading: null }))).toBe('balance.class.unobservable')
  expect(classOf(stream('a'))).toBe('balance.class.redundant')
})

describe('the table', () => {
  test('numbers sort largest first whatever their sign, what is not known last', () => {
    const rows = [stream('a', { statistic: 1 }), stream('b', { statistic: null }), stream('c', { statistic: -4 })]
    const ids = (text: string | null) => sorted(rows, orderAsked(text), (each) => each.id).map(({ id }) => id)
    expect(ids('-statistic')).toEqual(['c', 'a', 'b'])
    expect(ids('statistic')).toEqual(['a', 'c', 'b'])
    expect(ids('-name')).toEqual(['c', 'b', 'a'])
    expect(ids('nothing')).toEqual(['a', 'b', 'c'])
  })

  test('a head sorts one way, the other, and lets go', () => {
    expect(orderAfter('value', null)).toBe('-value')
    expect(orderAfter('value', { column: 'value', descending: true })).toBe('value')
    expect(orderAfter('value', { column: 'value', descending: false })).toBeNull()
    expect(orderAfter('name', null)).toBe('name')
  })
})

test('a place says what its meters miss, what it has gained, and what is wrong with it, in both languages', () => {
  const node: SheetNode = { id: 'tank', name: { en: 'Brine tanks', zh: '浓水罐' }, site: 'S08', unit: '', imbalance: 3.2, sigma: 0.9, statistic: 3.5 }
  const sheet = { decimals: 1, nodes_limit: 3.2, closing: { ...closing, errors: [error({ kind: 'leak', first: 'tank', estimate: 3 })] } } as unknown as ClosedSheet
  const held = stream('tank_held', { gauging: true, reading: -0.5 })
  expect(placeWords(sheet, node, held, tongue('en'))).toMatchObject({ words: ['missing +3.2 ± 0.9', 'gained −0.5'], remarks: ['loses unseen'], off: true, named: true })
  expect(placeWords({ ...sheet, closing }, node, undefined, tongue('zh'))).toMatchObject({ words: ['缺 +3.2 ± 0.9'], remarks: ['超出限值'], named: false })
  const silent = placeWords({ ...sheet, closing }, { ...node, imbalance: null, statistic: null }, undefined, tongue('en'))
  expect(silent).toMatchObject({ words: ['partly metered'], remarks: [] })
  expect(heightOf(silent)).toBe(44)
})
