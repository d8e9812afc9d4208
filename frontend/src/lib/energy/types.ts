/** What the API says of electric energy. Times are µs since 1970 UTC; a number that is not known is null. */

import type { Kpi, Window } from '../kpi/types'
import type { Text } from '../types'

export interface Contract {
  power_mw: number
  /** What people keep to, below the contract. */
  cap_mw: number
  cap_percent: number
  window_us: number
  source: string
}

/** The demand window that runs. */
export interface Running {
  from_us: number
  to_us: number
  mean_mw: number | null
  complete: number | null
  so_far_mwh: number | null
  /** The mean with which it ends if the power holds. */
  end_mw: number | null
  /** Power from now on with which it would end at the cap, and at the contract. */
  cap_allows_mw: number | null
  contract_allows_mw: number | null
}

/** Means of the demand windows of a day, oldest first. */
export interface Day {
  start_us: number[]
  mw: (number | null)[]
  complete: (number | null)[]
}

export interface SiteEnergy {
  site: string
  energy: Kpi
  power: Kpi | null
  specific: Kpi[]
}

export interface Process {
  id: string
  name: Text
  sites: string[]
  energy: Kpi
  /** Metered apart. */
  parts: Kpi[]
  /** What is not; null where nothing of it is metered apart. */
  left: Kpi | null
  rest: Text
}

export interface Step {
  id: string
  name: Text
  note: Text
  power: Kpi | null
  within: Kpi | null
  running: Kpi | null
}

export interface Closing {
  sheet: string
  name: Text
  objective: number
  limit: number
  degrees: number
  suspicious: boolean
}

export interface Energy {
  t: number
  /** All is as of then. */
  at_us: number
  contract: Contract
  minute: { from_us: number; to_us: number; drawn: Kpi; factor: Kpi }
  running: Running
  curve: { today: Day; yesterday: Day }
  peak: { from_us: number; to_us: number; mw: number } | null
  window: Window
  bought: Kpi
  rest: Kpi
  balance: Closing | null
  sites: SiteEnergy[]
  processes: Process[]
  steps: Step[]
  /** How many steps would keep the running window to the cap; null where all do not, or nothing is known. */
  needed: number | null
}

/** A complex whose folder says nothing of its energy. */
export interface NoEnergy {
  t: number
  contract: null
}
