import { expect, test } from 'vitest'
import { tongue } from '../prefs.svelte'
import { againstWords, changeWords } from './words'

const en = tongue('en').t
const zh = tongue('zh').t

test('plan and target are said with the decimals that they have', () => {
  expect(againstWords({ plan: 32, target: null, decimals: 1 }, en)).toBe('plan 32.0')
  expect(againstWords({ plan: null, target: { low: 1.18, high: 1.22 }, decimals: 3 }, en)).toBe('1.18 to 1.22')
  expect(againstWords({ plan: null, target: { low: 97, high: null }, decimals: 1 }, en)).toBe('at least 97')
  expect(againstWords({ plan: null, target: { low: null, high: 0.3 }, decimals: 2 }, zh)).toBe('不高于 0.3')
  expect(againstWords({ plan: null, target: null, decimals: 2 }, en)).toBe('')
})

test('a change is an arrow and words', () => {
  expect(changeWords(30, 32, 't', 1, en)).toEqual({ arrow: '↓', words: '6.3\u00a0% lower' })
  expect(changeWords(98, 97.5, '%', 1, zh)).toEqual({ arrow: '↑', words: '高\u00a00.5\u00a0百分点' })
  expect(changeWords(5, 0, 'n', 0, en)).toEqual({ arrow: '↑', words: '5 higher' })
  expect(changeWords(5, 5, 'n', 0, en)).toEqual({ arrow: '=', words: 'as before' })
  expect(changeWords(5, null, 'n', 0, en)).toBeNull()
})
