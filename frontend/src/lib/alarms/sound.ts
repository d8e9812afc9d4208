/** When the speaker sounds. Decisions only; `voice.svelte.ts` makes the tones. */

import { PRIORITIES, type Priority } from './types'

export interface Sounding {
  /** The loudest priority that is not acknowledged. */
  loudest: Priority | null
  /** What is heard: the loudest of what came since a person pressed silence. */
  voiced: Priority | null
  /** A person pressed silence; what is new after that sounds again. */
  silenced: boolean
  /** Grows whenever the speaker is to begin anew. */
  round: number
}

export const QUIET: Sounding = { loudest: null, voiced: null, silenced: false, round: 0 }

const rank = (priority: Priority | null) => (priority === null ? -1 : PRIORITIES.length - PRIORITIES.indexOf(priority))
const louder = (a: Priority | null, b: Priority | null) => (rank(a) > rank(b) ? a : b)

/** The loudest of some priorities. */
export function loudestOf(priorities: readonly Priority[]): Priority | null {
  return PRIORITIES.find((one) => priorities.includes(one)) ?? null
}

/** After a frame: new alarms, or a louder one than before, break the silence; what is acknowledged is heard no more. */
export function heard(sounding: Sounding, frame: { loudest: Priority | null; fresh: readonly Priority[] }): Sounding {
  const { loudest, fresh } = frame
  const { round } = sounding
  if (loudest === null) return { ...QUIET, round }
  if (rank(loudest) > rank(sounding.loudest)) return { loudest, voiced: loudest, silenced: false, round: round + 1 }
  const before = rank(sounding.voiced) > rank(loudest) ? loudest : sounding.voiced
  if (fresh.length === 0) return { ...sounding, loudest, voiced: before }
  return { loudest, voiced: louder(before, loudestOf(fresh)), silenced: false, round: round + 1 }
}

export function silence(sounding: Sounding): Sounding {
  return sounding.loudest === null ? sounding : { ...sounding, voiced: null, silenced: true }
}

/** Tones of a priority, Hz and s from its beginning; `again_s` is after how long it comes again, 0 for never. */
export interface Pattern {
  tones: readonly (readonly [hz: number, at_s: number, for_s: number])[]
  again_s: number
}

/** Told apart by rhythm as well as by pitch: the more urgent, the faster and the higher. */
export const PATTERNS: Readonly<Record<Priority, Pattern>> = {
  critical: { tones: [[988, 0, 0.12], [988, 0.18, 0.12], [988, 0.36, 0.12], [1319, 0.66, 0.12], [1319, 0.84, 0.12]], again_s: 2 },
  high: { tones: [[784, 0, 0.16], [784, 0.24, 0.16], [659, 0.48, 0.2]], again_s: 5 },
  medium: { tones: [[587, 0, 0.2], [494, 0.28, 0.24]], again_s: 15 },
  low: { tones: [[440, 0, 0.22]], again_s: 0 },
}

/** What the speaker can be seen to be: off by choice, not yet let by the browser, nothing that goes on sounding, silenced, or sounding. */
export type Speaker = 'off' | 'blocked' | 'quiet' | 'silenced' | 'sounding'

export function speaker(sounding: Sounding, on: boolean, allowed: boolean): Speaker {
  if (!on) return 'off'
  if (!allowed) return 'blocked'
  if (sounding.silenced) return 'silenced'
  return sounding.voiced !== null && PATTERNS[sounding.voiced].again_s ? 'sounding' : 'quiet'
}
