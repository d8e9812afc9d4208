import { expect, test } from 'vitest'
import type { Kpi } from '../kpi/types'
import { freed } from './shedding'

const step = (value: number | null) => ({ power: { value } as Kpi })

test('each step leaves what the steps before it left, less its own', () => {
  expect(freed(60, [step(0.5), { power: null }, step(10), step(null)])).toEqual([59.5, 59.5, 49.5, 49.5])
})

test('nothing is left of what is not known', () => {
  expect(freed(null, [step(1)])).toEqual([null])
})
