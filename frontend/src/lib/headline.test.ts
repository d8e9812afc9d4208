import { expect, test } from 'vitest'
import { headlineDecimals } from './headline'

test('what is counted has no decimals, what is weighed as many as its plan bears', () => {
  const said = [['loads', 76], ['t', 500], ['t', 268], ['t', 38]] as const
  expect(said.map(([unit, plan]) => headlineDecimals({ unit, plan }))).toEqual([0, 0, 1, 2])
})
