import { expect, test } from 'vitest'
import { charactersOf, labelsOf } from './labels'

const tags = { labels: [['OPEN', 'CLOSED'], []], labels_zh: [['开', '关'], []] }

test('labels are in the language of the screen', () => {
  expect(labelsOf(tags, 0, 'en')).toEqual(['OPEN', 'CLOSED'])
  expect(labelsOf(tags, 0, 'zh')).toEqual(['开', '关'])
  expect(labelsOf(tags, 1, 'zh')).toEqual([])
  expect(labelsOf(tags, -1, 'zh')).toEqual([])
})

test('a Chinese character is two wide', () => {
  expect([charactersOf('RUN'), charactersOf('运行'), charactersOf('样品1')]).toEqual([3, 4, 5])
})
