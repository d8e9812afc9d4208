/** Series of several tags on one time axis, as uPlot takes them, and the range that is looked at. */

import { day, hourMinute, timeOfDay } from './format'
import type { Series } from './types'

export interface Range {
  from_us: number
  to_us: number
}

export const DAY_US = 86_400e6
const LEAST_US = 20e6
/** A year and what is left of the month before it: so much is looked at at once. */
export const MOST_US = 400 * DAY_US

/** What a button shows, up to now. */
export const SPANS: readonly (readonly [string, number])[] = [
  ['15 min', 900e6],
  ['1 h', 3600e6],
  ['3 h', 3 * 3600e6],
  ['8 h', 8 * 3600e6],
  ['24 h', DAY_US],
  ['7 d', 7 * DAY_US],
  ['30 d', 30 * DAY_US],
  ['365 d', 365 * DAY_US],
]

/** The stretch that an address names, `from_us=…&to_us=…`; undefined where it names none. */
export function rangeAsked(query: URLSearchParams): Range | undefined {
  const [from_us, to_us] = [Number(query.get('from_us')), Number(query.get('to_us'))]
  return from_us > 0 && to_us > from_us ? { from_us, to_us } : undefined
}

/** What a trend opens with: a day, or the shortest span that holds all of a younger history; a day for no history. */
export function openingSpan(first_us: number, now_us: number): number {
  const fits = (span_us: number) => span_us < DAY_US && Number.isFinite(first_us) && now_us - span_us <= first_us
  return SPANS.map(([, span_us]) => span_us).find(fits) ?? DAY_US
}

/** Columns for uPlot: time in s, then lowest, highest and mean of each tag. Null breaks a line, undefined does not. */
export type Cell = number | null | undefined
export type Aligned = [number[], ...Cell[][]]

export interface Tail {
  time_s: number[]
  value: (number | null)[]
}

/** A hole wider than this many steps breaks the line: missing data must look missing. */
const BREAK_STEPS = 2.5

export function aligned(series: readonly Series[], tails: readonly Tail[], stepS: number): Aligned {
  const columns = series.map((one, i) => withBreaks(one, tails[i], stepS))
  const times = [...new Set(columns.flatMap((column) => column.x))].sort((a, b) => a - b)
  const place = new Map(times.map((time, i) => [time, i]))
  const cells: Cell[][] = []
  for (const column of columns) {
    const [low, high, mean] = [0, 1, 2].map(() => new Array<Cell>(times.length).fill(undefined))
    column.x.forEach((time, i) => {
      const at = place.get(time)!
      low![at] = column.low[i]
      high![at] = column.high[i]
      mean![at] = column.mean[i]
    })
    cells.push(low!, high!, mean!)
  }
  return [times, ...cells]
}

function withBreaks(one: Series, tail: Tail | undefined, stepS: number) {
  const x: number[] = []
  const low: (number | null)[] = []
  const high: (number | null)[] = []
  const mean: (number | null)[] = []
  const add = (time: number, a: number | null, b: number | null, m: number | null) => {
    const before = x.at(-1)
    if (before !== undefined && time <= before) return
    if (before !== undefined && time - before > Math.max(stepS * BREAK_STEPS, 5)) {
      x.push((before + time) / 2)
      low.push(null)
      high.push(null)
      mean.push(null)
    }
    x.push(time)
    low.push(a)
    high.push(b)
    mean.push(m)
  }
  one.time_us.forEach((us, i) => add(us / 1e6, one.min[i] ?? null, one.max[i] ?? null, one.mean[i] ?? null))
  tail?.time_s.forEach((time, i) => add(time, tail.value[i] ?? null, tail.value[i] ?? null, tail.value[i] ?? null))
  return { x, low, high, mean }
}

/** Seconds that one point of a series stands for: at least the range's share, more where the server took whole minutes or hours. */
export function stepS(series: readonly Series[], range: Range, buckets: number): number {
  const asked_s = (range.to_us - range.from_us) / buckets / 1e6
  let least_s = Infinity
  for (const { time_us } of series) for (let i = 1; i < time_us.length; i += 1) least_s = Math.min(least_s, (time_us[i]! - time_us[i - 1]!) / 1e6)
  return least_s < 2 * asked_s ? Math.max(asked_s, least_s) : asked_s
}

/** Places of a column that no line reaches, because both sides of them are missing: they are drawn as dots. */
export function lone(column: readonly Cell[]): number[] {
  const there = column.flatMap((cell, i) => (cell === undefined ? [] : [i]))
  return there.filter((i, k) => column[i] != null && column[there[k - 1] ?? -1] == null && column[there[k + 1] ?? -1] == null)
}

/** Range of `factor` times the length around its point `share` (0-1), never past `now`, 20 s to 400 days long. */
export function zoomed(range: Range, factor: number, share: number, now_us: number): Range {
  const length = range.to_us - range.from_us
  const wanted = Math.min(MOST_US, Math.max(LEAST_US, length * factor))
  const fixed = range.from_us + length * share
  return within({ from_us: fixed - wanted * share, to_us: fixed + wanted * (1 - share) }, now_us)
}

/** The same length, `share` of it later or earlier, never past `now`. */
export function moved(range: Range, share: number, now_us: number): Range {
  const by = (range.to_us - range.from_us) * share
  return within({ from_us: range.from_us + by, to_us: range.to_us + by }, now_us)
}

/** The range with that moment in its middle: shorter where the same length would show the future, but no less than 15 min. */
export function centred(range: Range, time_us: number, now_us: number): Range {
  const half = Math.min(range.to_us - range.from_us, Math.max(900e6, 2 * (now_us - time_us))) / 2
  return within({ from_us: time_us - half, to_us: time_us + half }, now_us)
}

function within(range: Range, now_us: number): Range {
  const over = Math.max(0, range.to_us - now_us)
  return { from_us: range.from_us - over, to_us: range.to_us - over }
}

/** Labels of a time axis. Under the clock stands the day, under the day the year, at the first of them and where it changes. */
export function ticks(times_s: readonly number[], increment_s: number, least_s: number, zone: string): string[] {
  let before = ''
  return times_s.map((time_s) => {
    if (time_s < least_s) return ''
    const us = time_s * 1e6
    const date = day(us, zone)
    const days = increment_s >= DAY_US / 1e6
    const fine = days ? date.slice(5) : increment_s < 60 ? timeOfDay(us, zone) : hourMinute(us, zone)
    const coarse = days ? date.slice(0, 4) : date
    if (coarse === before) return fine
    before = coarse
    return `${fine}\n${coarse}`
  })
}
