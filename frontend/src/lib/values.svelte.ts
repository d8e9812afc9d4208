/** The newest value of each tag that this page listens to, as columns beside the tag table. */

import { clock } from './clock.svelte'
import { limitPassed, quality, type Limit } from './status'
import type { TagTable } from './plant.svelte'
import type { Frame } from './types'

/** Points come once a second; a value older than this is not the present. */
export const STALE_S = 10

export type Condition = 'unknown' | 'ok' | 'warning' | 'alarm' | 'stale' | 'bad'

/** Worst first: what a mark shows when several things are wrong with one unit. */
export const WORST: readonly Condition[] = ['alarm', 'bad', 'warning', 'stale', 'unknown', 'ok']

export class Values {
  readonly value: Float64Array
  readonly status: Uint32Array
  readonly time_us: Float64Array
  /** Counts the frames taken; reading it makes an effect or a derived value follow the data. */
  revision = $state(0)

  constructor(readonly tags: TagTable) {
    this.value = new Float64Array(tags.path.length).fill(Number.NaN)
    this.status = new Uint32Array(tags.path.length)
    this.time_us = new Float64Array(tags.path.length)
  }

  take(frame: Frame): void {
    frame.rows.forEach((row, i) => {
      this.value[row] = frame.v[i] ?? Number.NaN
      this.status[row] = frame.s[i] ?? 0
      this.time_us[row] = frame.a[i] ?? 0
    })
    this.revision += 1
  }

  known(row: number): boolean {
    return (this.time_us[row] ?? 0) > 0
  }

  age_s(row: number): number {
    return (clock.now_us - (this.time_us[row] ?? 0)) / 1e6
  }

  stale(row: number): boolean {
    return this.known(row) && this.age_s(row) > STALE_S
  }

  limit(row: number): Limit | null {
    const value = this.value[row] ?? Number.NaN
    if (Number.isNaN(value)) return null
    const tags = this.tags
    return limitPassed(value, tags.ll[row], tags.l[row], tags.h[row], tags.hh[row])
  }

  condition(row: number): Condition {
    if (!this.known(row)) return 'unknown'
    if (quality(this.status[row] ?? 0) === 'bad') return 'bad'
    if (this.stale(row)) return 'stale'
    const limit = this.limit(row)
    return limit === null ? 'ok' : limit.length === 2 ? 'alarm' : 'warning'
  }
}

export interface Tally {
  worst: Condition
  /** The row that is worst, the first of them; -1 when all is well. */
  row: number
  counts: Record<Condition, number>
}

/** What is wrong with the rows `first` to `end`, and where. */
export function tally(values: Values, first: number, end: number): Tally {
  const counts: Record<Condition, number> = { unknown: 0, ok: 0, warning: 0, alarm: 0, stale: 0, bad: 0 }
  let worst: Condition = 'ok'
  let at = -1
  for (let row = first; row < end; row += 1) {
    const condition = values.condition(row)
    counts[condition] += 1
    if (WORST.indexOf(condition) < WORST.indexOf(worst)) {
      worst = condition
      at = row
    }
  }
  return { worst, row: at, counts }
}
