import { expect, test } from 'vitest'
import { globbed } from './glob'

test('a star is any stretch, a question mark one character, a dot only a dot', () => {
  const paths = ['S03.PL1.CELL001.TAP_WT', 'S03.PL12.CELL001.TAP_WT', 'S03.PL1.CELL001.TAP_ST', 'S03xPL1.CELL001.TAP_WT']
  expect(globbed(paths, ['S03.PL?.CELL*.TAP_WT'])).toEqual(['S03.PL1.CELL001.TAP_WT'])
})
