/** A row of the list for tests: an analogue value that fell to its limit. */

import type { AlarmRow } from './types'

export function rowOf(alarm: string, changes: Partial<AlarmRow> = {}): AlarmRow {
  const tag = alarm.slice(0, alarm.lastIndexOf('/'))
  return {
    alarm, tag, site: 'S03', unit: tag.slice(0, tag.lastIndexOf('.')), name: { en: 'Flow', zh: '流量' }, condition: { en: '≤ 22 L/min', zh: '≤ 22 L/min' },
    kind: 'low', priority: 'high', position: 'metals', state: 'unack', active: true, number: 1, since_us: 1, told_us: 2, value: 20, limit: 22,
    unit_of_measure: 'L/min', until_us: 0, hidden: '', hidden_by: '', group: alarm, children: 0, actor: '', act: '', act_us: 0, assignee: '', notes: 0,
    time_to_respond_s: 0, latches: false, ...changes,
  }
}
