import { expect, test } from 'vitest'
import { matching, sorted } from './search'

const stacks = ['s03.pl2.cell041.volt_pv cell voltage 槽电压 v', 's03.pl2.cell041.cur_pv cell current 电流 ka', 's08.mem.ro1.ph acidity 酸度']

test('every word must be there, in any order, in either language, in any case', () => {
  expect(matching(stacks, 'VOLT cell041')).toEqual([0])
  expect(matching(stacks, '槽电压')).toEqual([0])
  expect(matching(stacks, 'cell')).toEqual([0, 1])
  expect(matching(stacks, '  ')).toEqual([0, 1, 2])
  expect(matching(stacks, 'cell voltage ph')).toEqual([])
})

test('numbers in a path sort as numbers', () => {
  const names = ['Z10_TT', 'Z2_TT', 'Z1_TT']
  expect(sorted([0, 1, 2], (row) => names[row]!, false)).toEqual([2, 1, 0])
  expect(sorted([0, 1, 2], (row) => names[row]!, true)).toEqual([0, 1, 2])
})
