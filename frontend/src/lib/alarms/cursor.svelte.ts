/** The line that the keyboard is at. It belongs to an alarm: when the list moves, the cursor goes with its alarm. */

import { following, type Lines } from './steady'
import type { AlarmRow } from './types'

export interface Place {
  at: number
  alarm: string | null
}

export class Cursor {
  at = $state(0)
  /** Null while it is on no alarm: nothing is acted on then. */
  alarm = $state<string | null>(null)
  /** The alarm that went away from under it. */
  gone = $state('')
  #lines: Lines
  /** Its line is not here yet; the alarm that comes there is its own. */
  #waiting = true

  constructor(lines: Lines) {
    this.#lines = lines
  }

  /** The alarm that a key would act on. */
  get row(): AlarmRow | undefined {
    const row = this.#lines.at(this.at)?.row
    return row?.alarm === this.alarm ? row : undefined
  }

  get place(): Place {
    return { at: this.at, alarm: this.alarm }
  }

  /** Back where it was. */
  restore(place: Place): void {
    this.at = place.at
    this.alarm = place.alarm
    this.#waiting = place.alarm === null
    this.gone = ''
  }

  put(at: number): void {
    this.restore({ at, alarm: this.#lines.at(at)?.row.alarm ?? null })
  }

  /** After an act of one's own it goes on to the next alarm. */
  advance(done: ReadonlySet<string>, total: number): void {
    if (this.alarm !== null && done.has(this.alarm)) this.put(following(this.at, done, this.#lines, total))
  }

  /**
   * Follows its alarm to where that is now. Where that has gone away, the cursor is on no alarm until it is moved: a key that
   * is pressed just then must not act on another one.
   */
  settle(total: number): void {
    if (this.#waiting) return this.put(Math.max(0, Math.min(this.at, total - 1)))
    if (this.alarm === null || this.row) return
    const at = this.#lines.lineOf(this.alarm)
    if (at >= 0) this.at = at
    else if (this.at >= total || this.#lines.at(this.at)) {
      this.gone = this.alarm
      this.at = Math.max(0, Math.min(this.at, total - 1))
      this.alarm = null
    }
  }
}
