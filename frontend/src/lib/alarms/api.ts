/** Questions about alarms, and acts on them. */

import { ask, range } from '../api'
import { plainQuery } from './filter'
import type { AlarmList, Answer, Card, Interlock, JournalPage, Measures, Person, Told } from './types'

type Query = Record<string, string | number | boolean>

const at = (path: string, query: Query) => `${path}?${plainQuery(query)}`

export const alarmApi = {
  list: (query: Query, signal?: AbortSignal) => ask<AlarmList>(at('/api/alarms', query), signal),
  card: (alarm: string) => ask<Card>(at('/api/alarms/card', { alarm })),
  act: (told: Told) => ask<Answer>('/api/alarms/act', undefined, told),
  assign: (told: { alarms: { alarm: string; before: string }[]; who: string; assignee: string; reason: string }) =>
    ask<Answer>('/api/alarms/assign', undefined, told),
  note: (told: { alarm: string; who: string; text: string }) => ask<{ notes: number }>('/api/alarms/note', undefined, told),
  journal: (query: Query, signal?: AbortSignal) => ask<JournalPage>(at('/api/journal', query), signal),
  measures: (from_us: number, to_us: number) => ask<Measures>(`/api/alarms/measures?${range(from_us, to_us)}`),
  interlocks: async () => (await ask<{ interlocks: Interlock[] }>('/api/interlocks')).interlocks,
  people: async () => (await ask<{ people: Person[] }>('/api/people')).people,
}
