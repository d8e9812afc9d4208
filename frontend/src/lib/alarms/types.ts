/** What the API sends of alarms. Times are µs since 1970 UTC as numbers, 0 where there is none. */

import type { Text } from '../types'

export const PRIORITIES = ['critical', 'high', 'medium', 'low'] as const
export type Priority = (typeof PRIORITIES)[number]

/** States that want a person, in the order of urgency; the list shows these. */
export const OPEN_STATES = ['unack', 'rtn_unack', 'acked', 'latched'] as const
/** States that keep an alarm from sounding. */
export const COVERED_STATES = ['shelved', 'suppressed', 'out_of_service'] as const
export const STATES = [...OPEN_STATES, ...COVERED_STATES] as const
export type CountedState = (typeof STATES)[number]
export type AlarmState = CountedState | 'normal'

export type Counts = Record<CountedState, Record<Priority, number>>

export interface AlarmRow {
  alarm: string
  site: string
  /** Empty for an alarm of a whole site. */
  unit: string
  tag: string | null
  name: Text
  condition: Text
  kind: 'low' | 'high' | 'equal' | 'unequal' | 'bad' | 'stale' | 'offline'
  priority: Priority
  position: string
  state: AlarmState
  active: boolean
  /** Of its last transition: what a person has seen of it. */
  number: number
  since_us: number
  told_us: number
  value: number | null
  limit: number | null
  unit_of_measure: string
  until_us: number
  hidden: 'design' | 'cause' | ''
  hidden_by: string
  group: string
  children: number
  actor: string
  act: string
  act_us: number
  assignee: string
  notes: number
  time_to_respond_s: number
  latches: boolean
}

export interface AlarmList {
  t: number
  seq: number
  /** Grows with every change of what is shown, notes and assignments too. */
  changes: number
  counts: Counts
  total: number
  offset: number
  rows: AlarmRow[]
}

/** What the `alarms` event says: at most one a second. */
export interface AlarmFrame {
  t: number
  seq: number
  changes: number
  /** Why alarms are not judged or kept at the moment; empty when all is well. */
  trouble: string
  counts: Counts
  positions: Record<string, Counts>
  sites: Record<string, Record<Priority, number>>
  loudest: Priority | null
  newest: AlarmRow[]
}

export type Act = 'acknowledge' | 'reset' | 'shelve' | 'unshelve' | 'remove_from_service' | 'return_to_service'

export interface Told {
  event: Act
  alarms: { alarm: string; number: number }[]
  who: string
  reason: string
  until_us: number
}

export interface Refusal {
  alarm: string
  why: 'overtaken' | 'not_now'
  by: string
  event: string
  at_us: number
  number: number
  state: AlarmState
}

export interface Answer {
  done: { alarm: string; number: number; state: AlarmState }[]
  refused: Refusal[]
}

export interface JournalRow {
  seq: number
  alarm: string
  name: Text
  site: string
  unit: string
  before: AlarmState
  after: AlarmState
  event: string
  time_us: number
  since_us: number
  at_us: number
  sounds: boolean
  priority: Priority
  actor: string
  reason: string
  value: number | null
  limit: number | null
  unit_of_measure: string
  hidden_by: string
  group: string
  position: string
}

export interface JournalPage {
  rows: JournalRow[]
  more: boolean
}

export interface Interlock {
  id: string
  name: Text
  site: string
  unit: string
  alarm: string
  state: AlarmState
  active: boolean
  since_us: number
  value: number | null
  limit: number | null
  unit_of_measure: string
  /** `none`: the plant has no bypass point. */
  bypass: 'none' | 'off' | 'on' | 'unknown'
  bypass_tag: string
  actions: Text[]
  reset: Text
}

export interface Card {
  row: AlarmRow
  rationale: { cause: Text; consequence: Text; response: Text; time_to_respond_s: number } | null
  definition: {
    kind: AlarmRow['kind']
    signal: string
    limit: number | null
    follows: string
    deadband: number
    on_delay_s: number
    off_delay_s: number
    latches: boolean
    re_alarm_s: number
    suppressed_while: string
    caused_by: string[]
    first_out: boolean
    shelve_most_h: number
  }
  interlock: Interlock | null
  notes: { at_us: number; who: string; text: string }[]
  assignments: { at_us: number; who: string; before: string; assignee: string; reason: string }[]
  journal: JournalRow[]
}

export interface Load {
  position: string
  name: Text
  told: number
  per_10_min: number[]
  mean_per_10_min: number
  most_per_10_min: number
  share_of_time_in_flood: number
  within_target: boolean
}

export interface Named {
  alarm: string
  name: Text
}

export interface Measures {
  from_us: number
  to_us: number
  targets: {
    per_10_min: number
    flood_from: number
    top_share: number
    split: Record<Priority, number>
  }
  positions: Load[]
  floods: { position: string; start_us: number; end_us: number; alarms: number }[]
  chattering: (Named & { times: number })[]
  fleeting: (Named & { times: number })[]
  stale: Named[]
  top: (Named & { told: number; share: number })[]
  top_share: number
  split: Record<Priority, number>
  acknowledge_median_s: number | null
  acknowledge_p95_s: number | null
  missed: string[]
}

export interface Person {
  name: string
  display: string
  role: string
}
