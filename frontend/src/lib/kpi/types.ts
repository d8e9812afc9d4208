/** What the API says of key figures and of shifts. Times are µs since 1970 UTC; a number that is not known is null. */

import type { AlarmRow, Interlock, Priority } from '../alarms/types'
import type { Text } from '../types'

export const GROUPS = ['production', 'quality', 'energy', 'water', 'availability', 'data'] as const
export type Group = (typeof GROUPS)[number]

export const WINDOWS = ['now', 'shift', 'day', 'yesterday'] as const
export type WindowName = (typeof WINDOWS)[number]

export type Verdict = 'ok' | 'warn' | 'bad' | 'unknown'
export type KpiOrigin = 'published' | 'assumed' | 'calculated' | 'measured'
export type Every = 'hour' | 'shift' | 'day'

export interface Window {
  name: WindowName
  from_us: number
  to_us: number
}

/** A window with the share of it that has gone, 0-1: so much of a plan is due. */
export interface Seen extends Window {
  gone: number
}

export interface Target {
  low: number | null
  high: number | null
}

/** The day's end, with the band that holds it four times out of five. */
export interface Forecast {
  value: number
  low: number
  high: number
}

export interface Kpi {
  id: string
  name: Text
  group: Group
  /** Unit of measure, empty for a plain number. */
  unit: string
  decimals: number
  /** A site, or the path of a unit. */
  scope: string
  /** What it is reckoned over: longer than the window that was asked for where it needs more. */
  from_us: number
  to_us: number
  value: number | null
  /** What the value may be off by, as it is reckoned. */
  error: number | null
  why: Text | null
  /** Share of the expected readings that came, 0-1. */
  complete: number | null
  plan: number | null
  target: Target | null
  verdict: Verdict
  before: number | null
  forecast: Forecast | null
  origin: KpiOrigin
  source: string
  /** Late data changed a window that was closed. */
  revised: boolean
  version: number
}

export interface Kpis {
  t: number
  window: Window
  kpis: Kpi[]
}

export interface ProofInput {
  name: string
  text: string
  tags: string[]
  value: number | null
  unit: string
  readings: number
  complete: number | null
}

export interface ProofVersion {
  version: number
  value: number | null
  digest: string
  computed_us: number
}

export interface Reckoned {
  value: number | null
  bits: string
  digest: string
}

export interface KpiProof {
  id: string
  name: Text
  scope: string
  unit: string
  formula: string
  description: Text
  from_us: number
  to_us: number
  value: number | null
  error: number | null
  inputs: ProofInput[]
  /** The value to its last bit, in hexadecimal. */
  bits: string
  digest: string
  /** The same window again, from stored rows alone; null where that was not asked for. */
  anew: Reckoned | null
  versions: ProofVersion[]
}

export interface KpiSeries {
  kpi: string
  scope: string
  start_us: number[]
  end_us: number[]
  value: (number | null)[]
  version: number[]
}

export interface Shift {
  id: string
  name: Text
  from_us: number
  to_us: number
  closed: boolean
}

export interface HandoverNote {
  at_us: number
  who: string
  text: string
}

export interface Flood {
  position: string
  start_us: number
  end_us: number
  alarms: number
}

export interface Report {
  shift: Shift
  made_us: number
  site: string | null
  kpis: Kpi[]
  alarms: {
    told: number
    by_priority: Partial<Record<Priority, number>>
    open: AlarmRow[]
    top: { alarm: string; name: Text; told: number; share: number }[]
    shelved: AlarmRow[]
    floods: Flood[]
  }
  interlocks: { tripped: Interlock[]; bypassed: Interlock[] }
  handover: HandoverNote[]
  data: { expected: number; received: number; completeness: number | null }
}
