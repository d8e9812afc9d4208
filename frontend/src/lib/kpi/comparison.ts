/** How a number stands against an earlier one, as an arrow and a word. */

export type Direction = 'more' | 'less' | 'same'

export interface Comparison {
  direction: Direction
  /** The size of the change, never negative: in per cent of the earlier one, in points of a percentage, or as it is. */
  amount: number
  as: 'percent' | 'points' | 'amount'
  decimals: number
}

export const ARROWS: Record<Direction, string> = { more: '↑', less: '↓', same: '=' }

/** A change beyond this many per cent says less than its plain size. */
const LARGEST_PERCENT = 999

/** Shares are compared by their points: from 97 % to 98 % is one point more. */
const SHARES = new Set(['%', 'wt%'])

/** The comparison at the precision that is shown; null where one of the two is not known. */
export function comparison(value: number | null, before: number | null, unit: string, decimals: number): Comparison | null {
  if (value === null || before === null) return null
  const shown = Math.max(0, decimals)
  const change = value - before
  const least = 10 ** -shown / 2
  const direction: Direction = Math.abs(change) < least ? 'same' : change > 0 ? 'more' : 'less'
  const size = Math.abs(change)
  if (direction === 'same') return { direction, amount: 0, as: 'amount', decimals: shown }
  if (SHARES.has(unit)) return { direction, amount: size, as: 'points', decimals: shown }
  const percent = (size / Math.abs(before)) * 100
  if (before === 0 || percent > LARGEST_PERCENT) return { direction, amount: size, as: 'amount', decimals: shown }
  return { direction, amount: percent, as: 'percent', decimals: percent < 10 ? 1 : 0 }
}
