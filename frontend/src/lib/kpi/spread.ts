/** Units side by side: which differ from the rest, and in which order they stand. */

export interface Spread {
  median: number
  /** Median distance from the median, as a standard deviation. */
  sigma: number
  low: number
  high: number
}

/** 1.4826 times the median distance is the standard deviation of what is normally distributed. */
const SIGMA_PER_MAD = 1.4826
/** Distances from the median, in standard deviations, beyond which a unit is none of the rest. */
export const OUTLIER_SIGMA = 3.5
/** Fewer than this many say nothing of what is usual. */
const LEAST = 8
/** The half of the scale reaches this many standard deviations: what is far off stands at its end. */
const BAR_SIGMA = 4

function median(sorted: readonly number[]): number {
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Median and spread of those that are there, null for too few. */
export function spread(values: readonly (number | null | undefined)[]): Spread | null {
  const sorted = values.filter((value): value is number => value != null && Number.isFinite(value)).sort((a, b) => a - b)
  if (sorted.length < LEAST) return null
  const middle = median(sorted)
  const distances = sorted.map((value) => Math.abs(value - middle)).sort((a, b) => a - b)
  return { median: middle, sigma: median(distances) * SIGMA_PER_MAD, low: sorted[0]!, high: sorted.at(-1)! }
}

/** How many standard deviations a value is from the median, 0 where that cannot be said. */
export function distance(value: number | null | undefined, of: Spread | null): number {
  return value == null || of === null || of.sigma === 0 ? 0 : (value - of.median) / of.sigma
}

export type Outlier = 'low' | 'high' | null

/** Where more than half are equal the spread is zero, and no distance can be judged. */
export function outlier(value: number | null | undefined, of: Spread | null): Outlier {
  const far = distance(value, of)
  return far > OUTLIER_SIGMA ? 'high' : far < -OUTLIER_SIGMA ? 'low' : null
}

/** Place on a scale about the median, %, which stands in the middle; held at the ends. */
export function placeAmong(value: number, of: Spread): number {
  if (of.sigma === 0) return value === of.median ? 50 : value > of.median ? 100 : 0
  return 50 + Math.max(-1, Math.min(1, (value - of.median) / of.sigma / BAR_SIGMA)) * 50
}

/** The bar from the median to the value, in per cent of the scale. */
export function deviation(value: number | null | undefined, of: Spread | null): { from: number; to: number } | null {
  if (value == null || of === null || of.sigma === 0) return null
  const at = placeAmong(value, of)
  return { from: Math.min(50, at), to: Math.max(50, at) }
}

/** Rows in the order of their values, those without one last whichever way it goes; equals keep their order. */
export function ordered<T>(rows: readonly T[], value: (row: T) => number | null | undefined, descending: boolean): T[] {
  const sign = descending ? -1 : 1
  return [...rows].sort((a, b) => {
    const left = value(a)
    const right = value(b)
    if (left == null || right == null) return Number(left == null) - Number(right == null)
    return sign * (left - right)
  })
}
