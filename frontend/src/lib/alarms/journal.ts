/** The journal's rows on the screen: newest first, each once. */

import { second } from '../format'
import type { Range } from '../trend'
import type { JournalRow } from './types'

/** What can be looked for. */
export const JOURNAL_EVENTS = [
  'activate', 'clear', 'acknowledge', 're_alarm', 'reset', 'shelve', 'unshelve', 'expire',
  'suppress', 'release', 'remove_from_service', 'return_to_service',
] as const

/** What the journal is asked for, as in its address. */
export const JOURNAL_KEYS = ['words', 'site', 'position', 'event', 'actor', 'alarm', 'told', 'priority', 'from', 'to'] as const
export type JournalAsked = Record<(typeof JOURNAL_KEYS)[number], string>

const SECOND_US = 1e6

/** The journal's page with exactly the rows that told a person of an alarm in a stretch of time, of those asked for. */
export function toldIn(span: Range, asked: Partial<JournalAsked>, zone: string): string {
  return journalAt(span, { ...asked, told: 'true' }, zone)
}

/** With those in which a person acknowledged one. */
export const acknowledgedIn = (span: Range, zone: string) => journalAt(span, { event: 'acknowledge' }, zone)

function journalAt({ from_us, to_us }: Range, asked: Partial<JournalAsked>, zone: string): string {
  const clock = (us: number) => second(us, zone).replace(' ', 'T')
  const end_us = Math.ceil(to_us / SECOND_US) * SECOND_US
  return `/alarms/journal?${new URLSearchParams({ ...asked, from: clock(from_us), to: clock(end_us) })}`
}

/** `newer` above `older`; rows that stand in both stand once. */
export function joined(newer: readonly JournalRow[], older: readonly JournalRow[]): JournalRow[] {
  const last = newer.at(-1)?.seq ?? Infinity
  return [...newer, ...older.filter((row) => row.seq < last)]
}
