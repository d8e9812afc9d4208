/** Alarms in words, in the language of the moment. */

import { age, day, decimalsFor, NONE, number, timeOfDay } from '../format'
import { labelsOf } from '../labels'
import { prefs, say, t, tOr } from '../prefs.svelte'
import type { TagTable } from '../plant.svelte'
import type { AlarmRow, Refusal } from './types'

/** `18.4 L/min`, or the state's label, with the decimals that its tag has. */
export function valueOf(row: { tag?: string | null; value: number | null; kind?: string }, tags: TagTable | null): string {
  if (row.value === null) return number(null, 0)
  const at = row.tag ? tags?.rowOf.get(row.tag) : undefined
  if (at === undefined || !tags) return number(row.value, Number.isInteger(row.value) ? 0 : decimalsFor(row.value))
  return labelsOf(tags, at, prefs.language)[row.value] ?? number(row.value, tags.decimals[at] ?? 0)
}

/** Cause of what happened: a person by name, or the plant. */
export function refusalWords(refusal: Refusal, now_us: number, zone: string): string {
  const state = tOr(`alarms.state.${refusal.state}`, refusal.state)
  if (refusal.why === 'not_now') return t('alarms.refused.not_now', { state })
  const what = tOr(`alarms.event.${refusal.event}`, refusal.event || state)
  if (!refusal.at_us) return t('alarms.refused.moved', { state })
  const when = `${timeOfDay(refusal.at_us, zone)} (${t('alarms.ago', { age: age(Math.max(0, (now_us - refusal.at_us) / 1e6)) })})`
  return t('alarms.refused.overtaken', { by: refusal.by || t('alarms.plant'), what, when, state })
}

/** The time of day, with the day before it where it is not today's. */
export function told(us: number, now_us: number, zone: string): string {
  if (!us) return NONE
  const date = day(us, zone)
  return `${date === day(now_us, zone) ? '' : `${date.slice(5)} `}${timeOfDay(us, zone)}`
}

/** `13:05:09.250`: members of a group are told apart by ms. */
export function toTheMs(us: number, zone: string): string {
  if (!us) return NONE
  return `${timeOfDay(us, zone)}.${String(Math.floor((((us % 1e6) + 1e6) % 1e6) / 1e3)).padStart(3, '0')}`
}

/** What a row is about, in one line. */
export const headline = (row: Pick<AlarmRow, 'name' | 'condition'>) => `${say(row.name)} ${say(row.condition)}`.trim()

/** `/alarm/S03.PL1.CELL001.CW_F/LL`. */
export const cardOf = (alarm: string) => `/alarm/${alarm.split('/').map(encodeURIComponent).join('/')}`
