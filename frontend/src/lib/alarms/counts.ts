/** Sums of alarms by state and priority. */

import { PRIORITIES, type CountedState, type Counts, type Priority } from './types'

/** How many alarms are in one of `states` with one of `priorities`. */
export function counted(counts: Counts, states: readonly CountedState[], priorities: readonly Priority[] = PRIORITIES): number {
  return states.reduce((sum, state) => sum + priorities.reduce((all, one) => all + counts[state][one], 0), 0)
}

/** What wants an acknowledgement, by priority. */
export function unacknowledged(counts: Counts): Record<Priority, number> {
  return Object.fromEntries(PRIORITIES.map((one) => [one, counted(counts, ['unack', 'rtn_unack'], [one])])) as Record<Priority, number>
}
