import { expect, test } from 'vitest'
import { joined } from './journal'
import type { JournalRow } from './types'

const rows = (...seqs: number[]) => seqs.map((seq) => ({ seq }) as JournalRow)
const seqs = (list: JournalRow[]) => list.map(({ seq }) => seq)

test('older rows go below, newer ones above, and each stands once', () => {
  expect(seqs(joined(rows(9, 8), rows(7, 6)))).toEqual([9, 8, 7, 6])
  expect(seqs(joined(rows(11, 10, 9, 8), rows(9, 8, 7)))).toEqual([11, 10, 9, 8, 7])
  expect(seqs(joined([], rows(3)))).toEqual([3])
})
