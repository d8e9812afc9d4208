/** How a list has moved under a person who looks at it. */

import type { AlarmRow } from './types'

/** A row of the screen; `depth` 1 for one that follows from the cause above it. */
export interface Line {
  row: AlarmRow
  depth: 0 | 1
}

export interface Lines {
  at: (line: number) => Line | undefined
  /** The line of an alarm, -1 where it is not known. */
  lineOf: (alarm: string) => number
}

/** Lines around the one that is held that can tell how the list has moved. */
const NEAR = 40

/**
 * By how many lines the list has moved at line `held`, which showed what `before` tells: as the nearest alarm says that
 * nothing has happened to. An alarm that was acknowledged goes elsewhere by itself and says nothing of its neighbours.
 */
export function shifted(held: number, before: (line: number) => Line | undefined, now: Lines): number {
  for (let far = 0; far < NEAR; far += 1)
    for (const line of far ? [held + far, held - far] : [held]) {
      const was = before(line)
      const at = was ? now.lineOf(was.row.alarm) : -1
      const is = at < 0 ? undefined : now.at(at)
      if (was && is && is.row.number === was.row.number && is.depth === was.depth) return at - line
    }
  return 0
}

/** The nearest line after `at` that is here and whose alarm is not in `done`, else the one before it. */
export function following(at: number, done: ReadonlySet<string>, lines: Lines, total: number): number {
  for (let line = at + 1; line < total; line += 1) {
    const here = lines.at(line)
    if (!here) break
    if (!done.has(here.row.alarm)) return line
  }
  return Math.max(0, at - 1)
}
