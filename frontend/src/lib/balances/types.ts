/** What the API says of balances. Times are µs since 1970 UTC; a number that is not known is null. */

import type { Text } from '../types'

export const SPANS = ['now', 'shift', 'day', 'yesterday', 'month'] as const
export type Span = (typeof SPANS)[number]

export interface GrossError {
  kind: 'bias' | 'leak' | 'swap' | 'bypass'
  what: Text
  /** Of streams for a bias and a swap, of nodes for a leak and a bypass; `second` may be empty. */
  first: string
  second: string
  /** In the sheet's unit; of a swap 1 where the meters wholly stand for each other. */
  estimate: number
  sigma: number
  percent: number | null
  /** In standard deviations. */
  statistic: number
  /** What would leave the same imbalances to the last digit, and what nearly. */
  same: Text[]
  rivals: Text[]
}

export interface Closing {
  from_us: number
  to_us: number
  /** How long what counts is. */
  length_us: number
  /** From when to when what counts goes on without a gap, oldest first. */
  stretches: [number, number][]
  came: number | null
  went: number | null
  gained: number | null
  missing: number | null
  missing_sigma: number | null
  missing_percent: number | null
  /** χ² of the adjustments. */
  objective: number
  degrees: number
  limit: number
  chance: number
  suspicious: boolean
  errors: GrossError[]
  /** Streams whose meters said too little. */
  silent: string[]
}

export interface SheetSummary {
  id: string
  name: Text
  quantity: string
  unit: string
  decimals: number
  source: string
  sites: string[]
  /** Null where no whole day is kept. */
  closing: Closing | null
}

export interface Balances {
  t: number
  window: Span
  level: number
  sheets: SheetSummary[]
}

export interface SheetNode {
  id: string
  name: Text
  site: string
  unit: string
  /** What came by the meters and did not leave; null where a stream of the node has no meter. */
  imbalance: number | null
  sigma: number | null
  statistic: number | null
}

export const CLASSES = ['redundant', 'nonredundant', 'observable', 'unobservable'] as const
export type StreamClass = (typeof CLASSES)[number]

export interface SheetStream {
  id: string
  name: Text
  /** Ids of nodes, empty for outside. */
  from: string
  to: string
  /** The gain of what its node holds, not a flow. */
  gauging: boolean
  figure: string | null
  formula: string | null
  reading: number | null
  sigma: number | null
  complete: number | null
  value: number | null
  value_sigma: number | null
  adjustment: number | null
  statistic: number | null
  class: StreamClass
}

/** A sheet whose window has a closing. */
export interface Closed {
  closing: Closing
  nodes: SheetNode[]
  streams: SheetStream[]
  meters_limit: number
  nodes_limit: number
  digest: string
}

export type Sheet = SheetSummary & { t: number; level: number } & Partial<Omit<Closed, 'closing'>>

export type ClosedSheet = Sheet & Closed

export function isClosed(sheet: Sheet): sheet is ClosedSheet {
  return sheet.closing !== null && sheet.streams !== undefined && sheet.nodes !== undefined
}
