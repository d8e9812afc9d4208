/** How much time is left: to respond to an alarm, or of one on the shelf. */

export interface Left {
  /** Below zero when the time has gone. */
  left_s: number
  /** Share of the time that has gone, 0-1. */
  gone: number
}

/** Time left to respond to an alarm that has been told; null where nobody said how long there is. */
export function toRespond(told_us: number, time_to_respond_s: number, now_us: number): Left | null {
  if (!time_to_respond_s || !told_us) return null
  const gone_s = Math.max(0, (now_us - told_us) / 1e6)
  return { left_s: time_to_respond_s - gone_s, gone: Math.min(1, gone_s / time_to_respond_s) }
}

/** `1 h 05 min` as hours and minutes for a shelf, never above what is left. */
export function shelfLeft_s(until_us: number, now_us: number): number {
  return Math.max(0, (until_us - now_us) / 1e6)
}

export const SHELF_SPANS: readonly (readonly [name: '15min' | '1h' | '4h' | '8h', span_us: number])[] = [
  ['15min', 900e6],
  ['1h', 3600e6],
  ['4h', 4 * 3600e6],
  ['8h', 8 * 3600e6],
]
