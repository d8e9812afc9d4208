/** Which alarms are chosen. A choice is of alarms, not of rows: it stays when the list moves under it. */

import type { AlarmRow } from './types'

/** The most that one act may be about: what a person can have looked at. */
export const MOST = 1000

export interface Selection {
  /** By name, each as it was last seen. */
  chosen: ReadonlyMap<string, AlarmRow>
  /** Where a range begins. */
  anchor: string | null
}

export const NOTHING: Selection = { chosen: new Map(), anchor: null }

/** Chosen becomes not chosen, and the other way round; ranges begin here. */
export function toggle(selection: Selection, row: AlarmRow): Selection {
  const chosen = new Map(selection.chosen)
  if (!chosen.delete(row.alarm)) chosen.set(row.alarm, row)
  return { chosen, anchor: row.alarm }
}

/** All of `rows`, which reach from the anchor to where the person is, beside what was chosen; no more than `MOST`. */
export function extend(selection: Selection, rows: readonly AlarmRow[]): Selection {
  const chosen = new Map(selection.chosen)
  for (const row of rows) {
    if (chosen.size >= MOST && !chosen.has(row.alarm)) break
    chosen.set(row.alarm, row)
  }
  return { chosen, anchor: selection.anchor ?? rows[0]?.alarm ?? null }
}

export function without(selection: Selection, alarms: Iterable<string>): Selection {
  const chosen = new Map(selection.chosen)
  for (const alarm of alarms) chosen.delete(alarm)
  return { chosen, anchor: selection.anchor }
}

/**
 * The chosen alarms as the newest rows show them. An alarm that is on the screen is acted on as it is seen there; one that
 * has left the screen keeps the number with which it was last seen, so that the server can refuse what has moved on.
 */
export function refreshed(selection: Selection, rows: readonly AlarmRow[]): Selection {
  const changed = rows.filter((row) => {
    const before = selection.chosen.get(row.alarm)
    return before !== undefined && before !== row
  })
  if (!changed.length) return selection
  const chosen = new Map(selection.chosen)
  for (const row of changed) chosen.set(row.alarm, row)
  return { chosen, anchor: selection.anchor }
}

/** What an act is about: the chosen alarms, or the one that the cursor is on. */
export function targets(selection: Selection, active: AlarmRow | undefined): AlarmRow[] {
  if (selection.chosen.size) return [...selection.chosen.values()]
  return active ? [active] : []
}
