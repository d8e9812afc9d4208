import { expect, test } from 'vitest'
import type { Unit } from '../types'
import { armPoints, standing } from './beside'

const units = (n: number) => Array.from({ length: n }, (_, i) => ({ id: `R${i + 1}` }) as Unit)
const said = (found: ReturnType<typeof standing>) => found.map(({ at_m, units }) => [at_m, units.map(({ id }) => id).join(' ')])

test('units stand at their places in the order of the site, the entry first', () => {
  expect(said(standing({ at_m: [70, 0, 70] }, units(3), 0, 1))).toEqual([[0, 'R2'], [70, 'R1 R3']])
})

test('each served unit has as many as there are places, the last what is left over', () => {
  const at_m = [0, 70]
  expect(said(standing({ at_m }, units(5), 0, 2))).toEqual([[0, 'R1'], [70, 'R2']])
  expect(said(standing({ at_m }, units(5), 1, 2))).toEqual([[0, 'R3 R5'], [70, 'R4']])
  expect(standing({ at_m }, units(1), 1, 2)).toEqual([])
})

test('an arm that leans forward with its forearm down reaches low before it', () => {
  const points = armPoints([48, 90, -90])!
  expect(points.map(({ x, y }) => [x.toFixed(2), y.toFixed(2)])).toEqual([['0.00', '0.00'], ['0.00', '0.60'], ['1.00', '0.60'], ['1.00', '-0.50']])
})

test('an arm that is turned to the other side is seen from there; one that is not known is not drawn', () => {
  expect(armPoints([-35, 0, 0])?.at(-1)).toEqual({ x: -1.1, y: 1.6 })
  expect(armPoints([null, 0, 0])).toBeNull()
  expect(armPoints([])).toBeNull()
})
