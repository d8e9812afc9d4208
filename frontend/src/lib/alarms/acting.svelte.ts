/** A person acts on alarms: what is asked for first, what was done, what was refused and by whom it was overtaken. */

import { ApiError } from '../api'
import { prefs, t } from '../prefs.svelte'
import { fitting, REASONED, serviceAct } from './acts'
import { alarmApi } from './api'
import type { Command } from './keys'
import { voice } from './voice.svelte'
import type { Act, AlarmRow, Answer, Refusal } from './types'

/** What has to be said before it can be done. */
export type FormKind = 'shelve' | 'remove_from_service' | 'assign' | 'note'

export interface Form {
  kind: FormKind
  rows: AlarmRow[]
}

export class Acting {
  form = $state.raw<Form | null>(null)
  refused = $state.raw<ReadonlyMap<string, Refusal>>(new Map())
  trouble = $state('')
  /** Said once it is done, for those who listen to the screen as well. */
  done = $state('')
  busy = $state(false)
  /** Grows when the name of who acts is needed and missing. */
  nameless = $state(0)

  /**
   * `after` is called when something may have changed, with the alarms that came to another state by it: a note or an
   * assignment leaves the state, and the person with the alarm.
   */
  constructor(readonly after: (moved: ReadonlySet<string>) => void) {}

  /** Does it, or opens the form for what has to be said first. */
  begin(act: Act, rows: readonly AlarmRow[]): void {
    const fit = fitting(act, rows)
    if (!fit.length || !this.#named()) return
    if (REASONED.includes(act)) this.open(act as FormKind, fit)
    else void this.act(act, fit)
  }

  /** What keys and buttons do to the alarms that are meant when they are pressed. */
  commands(meant: () => readonly AlarmRow[]) {
    return {
      acknowledge: () => this.begin('acknowledge', meant()),
      shelve: () => this.begin('shelve', meant()),
      unshelve: () => this.begin('unshelve', meant()),
      reset: () => this.begin('reset', meant()),
      service: () => this.begin(serviceAct(meant()), meant()),
      assign: () => this.open('assign', meant()),
      note: () => this.open('note', meant()),
      silence: () => voice.silence(),
    } satisfies Partial<Record<Command, () => void>>
  }

  open(kind: FormKind, rows: readonly AlarmRow[]): void {
    if (!rows.length || !this.#named()) return
    this.trouble = ''
    this.form = { kind, rows: kind === 'note' ? rows.slice(0, 1) : [...rows] }
  }

  close(): void {
    this.form = null
    this.trouble = ''
  }

  async act(event: Act, rows: readonly AlarmRow[], reason = '', until_us = 0): Promise<void> {
    // Whoever acts has heard it.
    if (event === 'acknowledge') voice.silence()
    await this.#ask(
      () => alarmApi.act({ event, alarms: rows.map(({ alarm, number }) => ({ alarm, number })), who: prefs.who.trim(), reason, until_us: Math.round(until_us) }),
      (n) => t(`alarms.done.${event}`, { n }),
      true,
    )
  }

  async assign(rows: readonly AlarmRow[], assignee: string, reason: string): Promise<void> {
    const alarms = rows.map((row) => ({ alarm: row.alarm, before: row.assignee }))
    await this.#ask(
      () => alarmApi.assign({ alarms, who: prefs.who.trim(), assignee, reason }),
      (n) => (assignee ? t('alarms.done.assign', { n, who: assignee }) : t('alarms.done.assign.nobody', { n })),
    )
  }

  async note(row: AlarmRow, text: string): Promise<void> {
    await this.#ask(
      async () => {
        await alarmApi.note({ alarm: row.alarm, who: prefs.who.trim(), text })
        return { done: [{ alarm: row.alarm, number: row.number, state: row.state }], refused: [] }
      },
      () => t('alarms.done.note'),
    )
  }

  forget(): void {
    this.refused = new Map()
    this.trouble = ''
  }

  #named(): boolean {
    if (prefs.who.trim()) return true
    this.trouble = t('alarms.who.none')
    this.nameless += 1
    return false
  }

  async #ask(question: () => Promise<Answer>, words: (n: number) => string, moves = false): Promise<void> {
    if (this.busy) return
    this.busy = true
    this.trouble = ''
    try {
      const answer = await question()
      this.refused = new Map(answer.refused.map((refusal) => [refusal.alarm, refusal]))
      this.done = answer.done.length ? words(answer.done.length) : ''
      this.form = null
      this.after(new Set(moves ? answer.done.map(({ alarm }) => alarm) : []))
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      this.trouble = error.fault === 'refused' ? error.words : t(`fault.${error.fault}`)
      this.after(new Set())
    } finally {
      this.busy = false
    }
  }
}
