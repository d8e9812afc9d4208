/** The stretch of a tag's range that its gauge shows: the limits with some room on both sides. */

import type { TagTable } from './plant.svelte'

export interface Scale {
  low: number
  high: number
}

const ROOM = 0.18

export function scaleOf(tags: Pick<TagTable, 'low' | 'high' | 'll' | 'l' | 'h' | 'hh'>, row: number): Scale {
  const low = tags.low[row] ?? 0
  const high = tags.high[row] ?? 1
  const below = tags.ll[row] ?? tags.l[row]
  const above = tags.hh[row] ?? tags.h[row]
  const start = below ?? low
  const end = above ?? high
  const room = Math.abs(end - start) * ROOM
  const from = below == null ? low : Math.max(low, start - room)
  const to = above == null ? high : Math.min(high, end + room)
  return to > from ? { low: from, high: to } : { low, high: high > low ? high : low + 1 }
}

/** Place of `value` on the scale, %, held at its ends. */
export function placeOn(scale: Scale, value: number): number {
  return Math.min(100, Math.max(0, ((value - scale.low) / (scale.high - scale.low)) * 100))
}
