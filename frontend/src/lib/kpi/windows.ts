/** How much of a window has gone, and over what a number was reckoned. */

import { dayShare } from '../day'
import type { Every, Kpi, Shift, Window } from './types'

/** Windows that differ by less, a minute at either end, are the same. */
const SAME_US = 120e6
const HOUR_US = 3600e6

/** Share of the window that has gone, 0-1: all of the last hour and of yesterday. */
export function goneOf(window: Window, shifts: readonly Shift[], zone: string): number {
  if (window.name === 'day') return dayShare(window.to_us, zone)
  const shift = window.name === 'shift' ? shifts.find(({ from_us }) => from_us === window.from_us) : undefined
  return shift ? Math.min(1, (window.to_us - shift.from_us) / (shift.to_us - shift.from_us)) : 1
}

/** Hours that a number is reckoned over, where those are more than the window has; else null. */
export function longerHours(kpi: Pick<Kpi, 'from_us' | 'to_us'>, window: { from_us: number; to_us: number }): number | null {
  const length_us = kpi.to_us - kpi.from_us
  return length_us > window.to_us - window.from_us + SAME_US ? Math.round(length_us / HOUR_US) : null
}

/** The steps in which a number is kept: those of units by shift, those that need a day by day. */
export function keptEvery(scope: string, kpi: Pick<Kpi, 'from_us' | 'to_us'> | undefined, window: { from_us: number; to_us: number }): Every {
  if (kpi && (longerHours(kpi, window) ?? 0) > 8) return 'day'
  return scope.includes('.') ? 'shift' : 'hour'
}
