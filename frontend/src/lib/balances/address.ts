/** Addresses of the balances' pages. */

import { changed } from '../kpi/address'
import { rangeAsked } from '../trend'
import type { Asked } from './ask'
import { SPANS, type Span } from './types'

/** The window that an address asks for: the last hour where it says nothing, or nothing known. */
export function spanAsked(query: URLSearchParams): Span {
  const asked = query.get('window')
  return SPANS.find((span) => span === asked) ?? 'now'
}

/** The stretch of time that an address names, or else its window. */
export function asked(query: URLSearchParams): Asked {
  return (!query.has('window') && rangeAsked(query)) || spanAsked(query)
}

/** Where the streams of a sheet are listed, by how much of their readings came: below, or on the sheet's own page. */
export function streamsOf(sheet: string, at: { pathname: string; query: URLSearchParams }): string {
  if (at.pathname === `/balances/${sheet}`) return '#streams'
  return `/balances/${sheet}${changed(at.pathname === '/balances' ? at.query : new URLSearchParams(), { sort: null, stream: null, proof: null })}`
}

/** What an answer is asked for again after: that of days that are over changes with late data only. */
export function restMs(asked: Asked): number {
  return asked === 'now' || asked === 'shift' || asked === 'day' ? 10_000 : 60_000
}

/** The keys of one window; none for the last hour. */
export function toSpan(span: Span): Record<string, string | null> {
  return { window: span === 'now' ? null : span, from_us: null, to_us: null, stream: null, proof: null }
}
