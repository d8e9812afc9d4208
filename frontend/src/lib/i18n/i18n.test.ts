import { expect, test } from 'vitest'
import { en, type Key } from './en'
import { zh } from './zh'

const blanks = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort()

test('both languages have the same keys', () => {
  expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort())
})

test('no text is empty, and a text has the same blanks to fill in both languages', () => {
  for (const key of Object.keys(en) as Key[]) {
    expect(zh[key].trim(), key).not.toBe('')
    expect(blanks(zh[key]), key).toEqual(blanks(en[key]))
  }
})
