/** How much time is left: to respond to an alarm, or of one on the shelf. */

export interface Left {
  /** Below zero when the time has gone. */
  left_s: number
  /** Share of the time that has gone, 0-1. */
  gone: number
}

/** Time left to respond since the condition began; null where nobody said how long there is. */
export function toRespond(since_us: number, time_to_respond_s: number, now_us: number): Left | null {
  if (!time_to_respond_s || !since_us) return null
  const gone_s = Math.max(0, (now_us - since_us) / 1e6)
  return { left_s: time_to_respond_s - gone_s, gone: Math.min(1, gone_s / time_to_respond_s) }
}

/** Time left on the shelf, never below zero. */
export function shelfLeft_s(until_us: number, now_us: number): number {
  return Math.max(0, (until_us - now_us) / 1e6)
}

export const SHELF_SPANS: readonly (readonly [name: '15min' | '1h' | '4h' | '8h', span_us: number])[] = [
  ['15min', 900e6],
  ['1h', 3600e6],
  ['4h', 4 * 3600e6],
  ['8h', 8 * 3600e6],
]
