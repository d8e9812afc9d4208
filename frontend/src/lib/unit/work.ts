/** What a unit works on: the step of its cycle and what follows, its lots, and the upkeep that falls due. */

import type { Series } from '../types'

export interface Run {
  value: number
  from_us: number
  /** When the last bucket of it begins. */
  to_us: number
  /** It began before what was asked for. */
  begun: boolean
}

/** How long each value stood, oldest first: a run ends where a bucket ends with another value. */
export function runsOf(series: Pick<Series, 'time_us' | 'last'>): Run[] {
  const runs: Run[] = []
  series.time_us.forEach((time_us, i) => {
    const value = series.last[i]
    if (value == null) return
    const run = runs.at(-1)
    if (run?.value === value) run.to_us = time_us
    else runs.push({ value, from_us: time_us, to_us: time_us, begun: runs.length === 0 })
  })
  return runs
}

/** The value that a tag had at a time: of the last bucket that begins there or before; null when there is none. */
export function valueBy(series: Pick<Series, 'time_us' | 'last'>, time_us: number): number | null {
  for (let i = series.time_us.length - 1; i >= 0; i -= 1)
    if (series.time_us[i]! <= time_us && series.last[i] != null) return series.last[i]!
  return null
}

export interface Cycle {
  /** Steps in their order, with their usual minutes. */
  steps: { label: string; minutes: number }[]
  /** Place of the present step among them; -1 between two cycles. */
  at: number
  next: string
  /** Minutes until the next step at the usual pace, below 0 for a step that takes longer; null when not known. */
  left: number | null
}

/** Where a unit stands in its cycle; null where no times of steps are known. */
export function cycleOf(lasts_min: Record<string, number>, label: string, minutes: number | null): Cycle | null {
  const steps = Object.entries(lasts_min).map(([each, usual]) => ({ label: each, minutes: usual }))
  if (!steps.length) return null
  const at = steps.findIndex((step) => step.label === label)
  const usual = steps[at]?.minutes
  return {
    steps,
    at,
    next: steps[(at + 1) % steps.length]!.label,
    left: usual === undefined || minutes === null ? null : usual - minutes,
  }
}

/** Share of the way from fresh to due, 0 to 1 and beyond when it is overdue; null for a value that is not known. */
export function spent({ fresh, due }: { fresh: number; due: number }, value: number | null): number | null {
  return value === null ? null : Math.max(0, (value - fresh) / (due - fresh))
}
