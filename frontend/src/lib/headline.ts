/** How the figures of the day are written. */

import type { HeadlineModel } from './types'

const COUNTED = new Set(['loads', 'pieces', 'contracts'])

/** Decimals of a headline: none for what is counted, three figures of its plan for what is weighed. */
export function headlineDecimals({ unit, plan }: Pick<HeadlineModel, 'unit' | 'plan'>): number {
  return COUNTED.has(unit) || plan >= 300 ? 0 : plan >= 100 ? 1 : 2
}
