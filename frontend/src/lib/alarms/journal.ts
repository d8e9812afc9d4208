/** The journal's rows on the screen: newest first, each once. */

import type { JournalRow } from './types'

/** What can be looked for. */
export const JOURNAL_EVENTS = [
  'activate', 'clear', 'acknowledge', 're_alarm', 'reset', 'shelve', 'unshelve', 'expire',
  'suppress', 'release', 'remove_from_service', 'return_to_service',
] as const

/** What the journal is asked for, as in its address. */
export const JOURNAL_KEYS = ['words', 'site', 'position', 'event', 'actor', 'alarm', 'from', 'to'] as const
export type JournalAsked = Record<(typeof JOURNAL_KEYS)[number], string>

/** `newer` above `older`; rows that stand in both stand once. */
export function joined(newer: readonly JournalRow[], older: readonly JournalRow[]): JournalRow[] {
  const last = newer.at(-1)?.seq ?? Infinity
  return [...newer, ...older.filter((row) => row.seq < last)]
}
