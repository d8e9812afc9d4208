import { expect, test } from 'vitest'
import { families, offsets } from './series'

test('numbered tags of one kind and unit form a family, pairs and lone tags do not', () => {
  const name = ['CUR_PV', 'ANODE_A1', 'ANODE_A2', 'ANODE_A3', 'T_BATH1', 'T_BATH2', 'Z1_TT', 'Z2_TT', 'Z3_TT', 'Z1_TB']
  const tags = { name, unit: name.map(() => 'x'), kind: name.map(() => 'analog' as const) }
  expect(families(tags, 0, name.length).map((family) => [family.name, family.rows.length])).toEqual([
    ['CUR_PV', 1], ['ANODE_A#', 3], ['T_BATH1', 1], ['T_BATH2', 1], ['Z#_TT', 3], ['Z1_TB', 1],
  ])
})

test('limits around a set point are read as offsets', () => {
  expect(offsets('SP -40/-20/+20/+40')).toEqual([-40, -20, 20, 40])
  expect(offsets('yield 97/98 %')).toBeNull()
})
