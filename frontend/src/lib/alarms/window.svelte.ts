/** The rows of the list that are on the screen, of however many there are: one answer of the server at a time. */

import { ApiError, type Fault } from '../api'
import { alarmApi } from './api'
import type { Line } from './steady'
import type { AlarmRow, Counts } from './types'

/** Rows that one answer brings; the server gives no more at once. */
const LIMIT = 200
const SLOW_MS = 150
/** Answers to what is new are at least so far apart. */
const REST_MS = 1000

export interface Family {
  root: string
  /** In the order in which their conditions began. */
  rows: AlarmRow[]
}

export class AlarmWindow {
  rows = $state.raw<AlarmRow[]>([])
  offset = $state(0)
  total = $state(0)
  counts = $state.raw<Counts | null>(null)
  /** The change of the alarms that the rows are of; -1 before the first answer. */
  changes = $state(-1)
  fault = $state<Fault | null>(null)
  slow = $state(false)
  /** The cause that is unfolded, and where it stands. */
  family = $state.raw<Family | null>(null)
  familyAt = $state(-1)
  /** All lines: the alarms, and those of the unfolded family under their cause. */
  lines = $derived(this.total + (this.family?.rows.length ?? 0))
  /** Called after each answer, with the lines as they were before. */
  onanswer: (before: (at: number) => Line | undefined) => void = () => {}

  /** Settled with the first answer. */
  readonly first: Promise<void>
  #came!: () => void

  #asked: Record<string, string | boolean> = {}
  #first = 0
  #last = 0
  #stop = new AbortController()
  #asking = false
  /** Something is wanted so long after the answer that is under way. */
  #wanted_ms = Infinity
  #answered_ms = -Infinity
  #timer: ReturnType<typeof setTimeout> | undefined
  #due_ms = 0

  constructor() {
    this.first = new Promise((resolve) => (this.#came = resolve))
  }

  /** Another question: what is shown stays until its answer has come. */
  ask(asked: Record<string, string | boolean>): void {
    this.#asked = asked
    this.#first = this.#last = 0
    this.fold()
    this.#now()
  }

  /** Lines `first` to `last` are on the screen. */
  show(first: number, last: number): void {
    this.#first = this.#rowAt(first)
    this.#last = this.#rowAt(last)
    const end = Math.min(this.#last, this.total)
    if (this.#first < this.offset || end > this.offset + this.rows.length) this.#soon(60)
  }

  /** What stands on a line, undefined where it has not come yet. */
  at(line: number): Line | undefined {
    const child = this.#childAt(line)
    if (child) return { row: child, depth: 1 }
    const row = this.rows[this.#rowAt(line) - this.offset]
    return row && { row, depth: 0 }
  }

  /** The line of an alarm, -1 where it is not known. */
  lineOf(alarm: string): number {
    const at = this.rows.findIndex((row) => row.alarm === alarm)
    if (at >= 0) return this.#lineAt(this.offset + at)
    const child = this.family?.rows.findIndex((row) => row.alarm === alarm) ?? -1
    return child < 0 ? -1 : this.familyAt + 1 + child
  }

  /** Asks again for what is on the screen: at once, or no more than once a second. */
  refresh(now = false): void {
    if (now) this.#now()
    else this.#soon(this.#asking ? REST_MS : Math.max(0, REST_MS - (performance.now() - this.#answered_ms)))
  }

  async unfold(root: AlarmRow): Promise<void> {
    const at = this.offset + this.rows.findIndex((row) => row.alarm === root.alarm)
    const rows = await this.#children(root.alarm)
    if (!rows?.length) return
    this.family = { root: root.alarm, rows }
    this.familyAt = at
  }

  fold(): void {
    this.family = null
    this.familyAt = -1
  }

  /** The rows of lines `from` to `to`, asked for where they are not here. */
  async between(from: number, to: number): Promise<AlarmRow[]> {
    const lines = Array.from({ length: to - from + 1 }, (_, i) => this.at(from + i)?.row)
    if (lines.every((row) => row !== undefined)) return lines
    const first = this.#rowAt(from)
    const end = this.#rowAt(to) + 1
    const rows: AlarmRow[] = []
    for (let offset = first; offset < end; offset += LIMIT)
      rows.push(...(await alarmApi.list({ ...this.#asked, offset, limit: Math.min(LIMIT, end - offset) })).rows)
    return rows
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#stop.abort()
    this.onanswer = () => {}
  }

  async #children(root: string): Promise<AlarmRow[] | null> {
    try {
      const { rows } = await alarmApi.list({ group: root, sort: 'time', descending: false, limit: LIMIT })
      return rows.filter((row) => row.alarm !== root).sort((a, b) => a.since_us - b.since_us)
    } catch (error) {
      if (error instanceof ApiError) this.fault = error.fault
      else throw error
      return null
    }
  }

  #childAt(line: number): AlarmRow | undefined {
    return this.family && line > this.familyAt ? this.family.rows[line - this.familyAt - 1] : undefined
  }

  #rowAt(line: number): number {
    if (!this.family || line <= this.familyAt) return line
    return Math.max(this.familyAt, line - this.family.rows.length)
  }

  #lineAt(row: number): number {
    return this.family && row > this.familyAt ? row + this.family.rows.length : row
  }

  #now(): void {
    this.#stop.abort()
    this.#asking = false
    clearTimeout(this.#timer)
    this.#timer = undefined
    void this.#fetch()
  }

  #soon(wait_ms: number): void {
    this.#wanted_ms = Math.min(this.#wanted_ms, wait_ms)
    const due_ms = performance.now() + wait_ms
    if (this.#asking || (this.#timer !== undefined && this.#due_ms <= due_ms)) return
    clearTimeout(this.#timer)
    this.#due_ms = due_ms
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.#fetch()
    }, wait_ms)
  }

  async #fetch(): Promise<void> {
    const stop = (this.#stop = new AbortController())
    this.#asking = true
    this.#wanted_ms = Infinity
    const spare = Math.max(0, Math.floor((LIMIT - (this.#last - this.#first)) / 2))
    const offset = Math.max(0, this.#first - spare)
    const late = setTimeout(() => (this.slow = true), SLOW_MS)
    try {
      const root = this.family?.root
      const [answer, children] = await Promise.all([
        alarmApi.list({ ...this.#asked, offset, limit: LIMIT }, stop.signal),
        root === undefined ? null : this.#children(root),
      ])
      if (stop.signal.aborted) return
      const before = this.#picture()
      this.rows = answer.rows
      this.offset = answer.offset
      this.total = answer.total
      this.counts = answer.counts
      this.changes = answer.changes
      this.fault = null
      if (root !== undefined && this.family?.root === root && children) this.#again(root, children)
      this.onanswer(before)
      this.#came()
    } catch (error) {
      if (stop.signal.aborted) return
      if (!(error instanceof ApiError)) throw error
      this.fault = error.fault
      this.#soon(3 * REST_MS)
    } finally {
      clearTimeout(late)
      if (!stop.signal.aborted) {
        this.slow = false
        this.#asking = false
        this.#answered_ms = performance.now()
        if (this.#wanted_ms < Infinity) this.#soon(this.fault ? 3 * REST_MS : this.#wanted_ms)
      }
    }
  }

  /** The family under its cause, where that stands now; folded when nothing follows from it any more. */
  #again(root: string, children: AlarmRow[]): void {
    if (!children.length) return this.fold()
    const at = this.rows.findIndex((row) => row.alarm === root)
    this.family = { root, rows: children }
    if (at >= 0) this.familyAt = this.offset + at
  }

  /** What stood on each line, for whoever compares. */
  #picture(): (line: number) => Line | undefined {
    const { rows, offset, family, familyAt } = this
    return (line) => {
      const within = family && line > familyAt ? line - familyAt - 1 : -1
      const child = within >= 0 ? family?.rows[within] : undefined
      if (child) return { row: child, depth: 1 }
      const at = within >= 0 ? line - family!.rows.length : line
      const row = rows[at - offset]
      return row && { row, depth: 0 }
    }
  }
}
