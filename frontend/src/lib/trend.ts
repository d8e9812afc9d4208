/** Series of several tags on one time axis, as uPlot takes them, and the range that is looked at. */

import type { Series } from './types'

export interface Range {
  from_us: number
  to_us: number
}

export const DAY_US = 86_400e6
const LEAST_US = 20e6

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

/** Range of `factor` times the length around its point `share` (0-1), never past `now`, 20 s to 24 h long. */
export function zoomed(range: Range, factor: number, share: number, now_us: number): Range {
  const length = range.to_us - range.from_us
  const wanted = Math.min(DAY_US, Math.max(LEAST_US, length * factor))
  const fixed = range.from_us + length * share
  return within({ from_us: fixed - wanted * share, to_us: fixed + wanted * (1 - share) }, now_us)
}

/** The same length, `share` of it later or earlier, never past `now`. */
export function moved(range: Range, share: number, now_us: number): Range {
  const by = (range.to_us - range.from_us) * share
  return within({ from_us: range.from_us + by, to_us: range.to_us + by }, now_us)
}

function within(range: Range, now_us: number): Range {
  const over = Math.max(0, range.to_us - now_us)
  return { from_us: range.from_us - over, to_us: range.to_us - over }
}
