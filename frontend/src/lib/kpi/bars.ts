/** The small series of a number: one bar or point for each hour, shift or day. */

import type { Range } from '../trend'
import type { Every, Kpi, KpiSeries, Target } from './types'

const HOUR_US = 3600e6

/** How far back each series looks. */
export const LOOKS_BACK_US: Record<Every, number> = { hour: 48 * HOUR_US, shift: 14 * 24 * HOUR_US, day: 30 * 24 * HOUR_US }

export interface Bars {
  low: number
  high: number
  /** Where zero stands, % from the top; null where the scale does not reach it. */
  zero: number | null
  columns: Column[]
}

/** Places and sizes in per cent of the drawing. */
export interface Column {
  index: number
  left: number
  width: number
  /** The value's height from the top, null where there is none. */
  top: number | null
}

const ROOM = 0.08

/**
 * Lays out a series over a stretch of time. An amount stands on zero; a ratio shows its own stretch of values, with the
 * target that is near.
 */
export function bars(series: KpiSeries, { from_us: start, to_us: end }: Range, amount: boolean, target: Target | null): Bars | null {
  const known = series.value.filter((value): value is number => value !== null && Number.isFinite(value))
  if (!known.length || end <= start) return null
  let low = Math.min(...known)
  let high = Math.max(...known)
  if (amount) {
    low = Math.min(0, low)
    high = Math.max(0, high)
  } else {
    const height = high - low || Math.abs(high) * 0.02 || 1
    for (const limit of [target?.low, target?.high])
      if (limit != null && limit > low - height && limit < high + height) {
        low = Math.min(low, limit)
        high = Math.max(high, limit)
      }
  }
  const room = (high - low || Math.abs(high) * 0.1 || 1) * ROOM
  if (!amount || low < 0) low -= room
  high += room
  const place = (us: number) => Math.min(100, Math.max(0, ((us - start) / (end - start)) * 100))
  const top = (value: number) => 100 - ((value - low) / (high - low)) * 100
  return {
    low,
    high,
    zero: low <= 0 && high >= 0 ? top(0) : null,
    columns: series.start_us.map((from, index) => {
      const value = series.value[index] ?? null
      return {
        index,
        left: place(from),
        width: place(series.end_us[index] ?? from) - place(from),
        top: value === null ? null : top(value),
      }
    }),
  }
}

/** Height of a value on the drawing, % from the top; null where it lies outside. */
export function heightOn({ low, high }: Bars, value: number | null | undefined): number | null {
  if (value == null || value < low || value > high) return null
  return 100 - ((value - low) / (high - low)) * 100
}

/** Whether a number grows over its window, so that its bars stand on zero; a ratio does not. */
export function amountOf(kpi: Pick<Kpi, 'plan' | 'forecast'> | undefined): boolean {
  return kpi !== undefined && (kpi.plan !== null || kpi.forecast !== null)
}
