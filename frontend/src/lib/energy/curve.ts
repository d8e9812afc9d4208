/** The load curve of a day: steps of demand windows over the hours, with contract and cap drawn in. */

import type { Day } from './types'

export interface Scale {
  low: number
  high: number
  /** Values with a line and a number. */
  ticks: number[]
}

const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500]
/** Lines that a curve has at most. */
const MOST = 6

/** A scale that holds all values and limits, from a round number to above the highest; it need not begin at zero. */
export function scaleOf(values: readonly (number | null)[], limits: readonly number[]): Scale {
  const known = [...limits, ...values.filter((value): value is number => value !== null)]
  const lowest = Math.min(...known)
  const highest = Math.max(...known)
  const height = highest - lowest || Math.abs(highest) || 1
  const step = STEPS.find((each) => height / each <= MOST) ?? 1000
  const low = Math.max(0, Math.floor((lowest - height * 0.06) / step) * step)
  const high = highest + height * 0.06
  const ticks = []
  for (let at = low; at <= high; at += step) ticks.push(at)
  return { low, high, ticks }
}

/** Height of a value from the top, % of the drawing. */
export function top(value: number, { low, high }: Scale): number {
  return Math.min(100, Math.max(0, 100 - ((value - low) / (high - low)) * 100))
}

export interface Span {
  from_us: number
  to_us: number
}

/** The steps of a day as an SVG path in a box of 1000 × 100; a window without a value breaks it. */
export function path({ start_us, mw }: Day, window_us: number, { from_us, to_us }: Span, scale: Scale, shift_us = 0): string {
  const x = (us: number) => round(((us + shift_us - from_us) / (to_us - from_us)) * 1000)
  let drawn = ''
  let on = false
  start_us.forEach((start, i) => {
    const value = mw[i] ?? null
    if (value === null) {
      on = false
      return
    }
    const y = round(top(value, scale))
    drawn += `${on ? 'L' : 'M'}${x(start)},${y}H${x(start + window_us)}`
    on = true
  })
  return drawn
}

/** Windows without a value between the first and the last that have one: what is missing, not what has not begun. */
export function gaps({ start_us, mw }: Day, window_us: number): Span[] {
  const known = mw.flatMap((value, i) => (value === null ? [] : [i]))
  const found: Span[] = []
  for (let i = known[0] ?? mw.length; i < mw.length; i += 1) {
    const start = start_us[i]
    if (mw[i] !== null || start === undefined) continue
    const last = found.at(-1)
    if (last && last.to_us === start) last.to_us = start + window_us
    else found.push({ from_us: start, to_us: start + window_us })
  }
  return found
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
