/** The bullet bar of a number: its value against its plan or its target band, on a scale of its own. */

import type { Forecast, Target } from './types'

export interface Bullet {
  /** `bar`: from zero, for an amount with a plan. `mark`: a pointer on a stretch about the target, for a ratio. */
  form: 'bar' | 'mark'
  /** Places in per cent of the scale's length, held at its ends; null for what there is not. */
  value: number | null
  /** The value lies beyond the scale's end. */
  beyond: 'low' | 'high' | null
  plan: number | null
  /** What of the plan is due by now; null where all of it is. */
  due: number | null
  band: { from: number; to: number } | null
  forecast: { from: number; to: number; at: number } | null
}

interface Told {
  value: number | null
  plan: number | null
  target: Target | null
  /** Share of the window that has gone, 0-1. */
  gone: number
  /** Only where the day's end is of the same window as the value. */
  forecast: Forecast | null
}

const ROOM = 0.04
/** The target band takes this share of a mark's scale, so that what is outside has room. */
const BAND_SHARE = 0.4
/** A one-sided target has no width; the scale then shows this share of the limit on either side. */
const SIDE_SHARE = 0.04

const held = (percent: number) => Math.min(100, Math.max(0, percent))

/** The scale's ends, or null where there is nothing to hold the value against. */
export function bulletEnds({ value, plan, target, forecast }: Omit<Told, 'gone'>): { low: number; high: number; form: 'bar' | 'mark' } | null {
  if (plan !== null && plan > 0) {
    const high = Math.max(plan, value ?? 0, forecast?.high ?? 0) * (1 + ROOM)
    return { low: Math.min(0, value ?? 0), high, form: 'bar' }
  }
  const { low = null, high = null } = target ?? {}
  if (low !== null && high !== null) {
    const side = ((high - low || Math.abs(high) * SIDE_SHARE || 1) * (1 / BAND_SHARE - 1)) / 2
    return { low: low - side, high: high + side, form: 'mark' }
  }
  const limit = low ?? high
  if (limit === null) return null
  const side = Math.max(Math.abs(limit) * SIDE_SHARE, Math.abs((value ?? limit) - limit) * 1.25) || 1
  return { low: limit - side, high: limit + side, form: 'mark' }
}

export function bullet(told: Told): Bullet | null {
  const ends = bulletEnds(told)
  if (!ends) return null
  const { value, plan, target, gone, forecast } = told
  const place = (at: number) => ((at - ends.low) / (ends.high - ends.low)) * 100
  const at = value === null ? null : place(value)
  return {
    form: ends.form,
    value: at === null ? null : held(at),
    beyond: at === null ? null : at < 0 ? 'low' : at > 100 ? 'high' : null,
    plan: plan === null || plan <= 0 ? null : place(plan),
    due: plan === null || plan <= 0 || gone >= 1 ? null : place(plan * gone),
    band:
      target && (target.low !== null || target.high !== null)
        ? { from: held(place(target.low ?? ends.low)), to: held(place(target.high ?? ends.high)) }
        : null,
    forecast: forecast && { from: held(place(forecast.low)), to: held(place(forecast.high)), at: held(place(forecast.value)) },
  }
}
