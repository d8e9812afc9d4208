/** Addresses of the figures' pages: what is asked stays in the query when one thing of it changes. */

import { rangeAsked, type Range } from '../trend'
import { WINDOWS, type WindowName } from './types'

/** The query with some keys changed, an empty or null one taken out; `` for nothing left. */
export function changed(query: URLSearchParams, changes: Record<string, string | null>): string {
  const next = new URLSearchParams(query)
  for (const [key, value] of Object.entries(changes)) {
    if (value === null || value === '') next.delete(key)
    else next.set(key, value)
  }
  const text = next.toString().replaceAll('%40', '@').replaceAll('%2F', '/')
  return text ? `?${text}` : ''
}

/** The window that an address asks for: this shift where it says nothing, or nothing known. */
export function windowAsked(query: URLSearchParams): WindowName {
  const asked = query.get('window')
  return WINDOWS.find((name) => name === asked) ?? 'shift'
}

export interface ProofAsked {
  kpi: string
  scope: string
  /** A stretch of time of its own, as from a bar of a series; null for the window of the page. */
  between: Range | null
}

/** `?proof=ce@S03.PL1.CELL001`, with `from_us` and `to_us` for another time than the page's. */
export function proofAsked(query: URLSearchParams): ProofAsked | null {
  const [kpi, scope, ...rest] = (query.get('proof') ?? '').split('@')
  if (!kpi || scope === undefined || rest.length) return null
  return { kpi, scope, between: rangeAsked(query) ?? null }
}

/** The keys that open a proof; those of another time go with it. */
export function toProof(kpi: string, scope: string, between: Range | null = null): Record<string, string | null> {
  return { proof: `${kpi}@${scope}`, from_us: between && String(between.from_us), to_us: between && String(between.to_us) }
}

export const NO_PROOF: Record<string, null> = { proof: null, from_us: null, to_us: null }
