/** A claim as the API tells it, for tests: 70 cells of which each makes 457 kg a day. */

import type { Claim } from './types'

export function aClaim(other: Partial<Claim> = {}): Claim {
  const input = { unit: '%', step: 0.1, origin: 'assumed', source: 'A, of a hall' } as const
  return {
    id: 'C09',
    name: { en: 'Metal of 70 cells', zh: '70 台电解槽产量' },
    published: { en: '70 cells make more than 32 t of metals a day.', zh: '70 台电解槽日产金属逾 32 吨。' },
    source: 'A1',
    inputs: [
      { ...input, name: 's03_metal', label: { en: 'Metal', zh: '金属' }, value: 32, unit: 't/d', low: 20, high: 40, origin: 'published', source: 'A1' },
      { ...input, name: 'k_prnd', label: { en: 'Metal by charge', zh: '电化当量' }, value: 42.8017, unit: 'kg/kA·d', low: 42.8017, high: 42.8017, step: 0 },
      { ...input, name: 'poor', label: { en: 'Efficiency of an old cell', zh: '旧槽电流效率' }, value: 70, low: 60, high: 75 },
      { ...input, name: 'efficiency', label: { en: 'Current efficiency', zh: '电流效率' }, value: 78, low: 60, high: 90 },
    ],
    steps: [{ name: 'per_cell', label: { en: 'Metal of a cell', zh: '单槽日产' }, value: 457.142, unit: 'kg/d', decimals: 0, formula: 's03_metal / s03_cells' }],
    value: 13.6929,
    unit: 'kA',
    decimals: 1,
    formula: 'per_cell / (k_prnd * efficiency)',
    band: { low: 3, high: 16 },
    verdict: 'ok_if',
    condition: { en: 'The cells must be large.', zh: '须为大槽。' },
    why: { en: 'It lies within.', zh: '在范围内。' },
    sensitivity: [
      { input: 's03_metal', per_unit: 0.4279, elasticity: 1 },
      { input: 'k_prnd', per_unit: -0.3199, elasticity: -1 },
      { input: 'poor', per_unit: 0, elasticity: 0 },
      { input: 'efficiency', per_unit: -0.1756, elasticity: -1.2 },
    ],
    live: null,
    marks: ['A1', 'A'],
    digest: 'a23bb2bf5825',
    ...other,
  }
}
