/** What a person can do to an alarm in its state, and how a refusal is said. The server decides; this only offers. */

import type { Act, AlarmRow, AlarmState } from './types'

const POSSIBLE: Record<Act, readonly AlarmState[]> = {
  acknowledge: ['unack', 'rtn_unack'],
  reset: ['latched'],
  shelve: ['normal', 'unack', 'acked', 'rtn_unack', 'latched', 'suppressed'],
  unshelve: ['shelved'],
  remove_from_service: ['normal', 'unack', 'acked', 'rtn_unack', 'latched', 'suppressed', 'shelved'],
  return_to_service: ['out_of_service'],
}

/** Acts that need a reason in words. */
export const REASONED: readonly Act[] = ['shelve', 'remove_from_service']

/** Whether it wants an acknowledgement. */
export function wanting(row: Pick<AlarmRow, 'state'>): boolean {
  return POSSIBLE.acknowledge.includes(row.state)
}

export function possible(act: Act, rows: readonly AlarmRow[]): boolean {
  return rows.some((row) => POSSIBLE[act].includes(row.state))
}

/** Those of `rows` that the act can be right for. Where it fits none, all: then the server says why not. */
export function fitting(act: Act, rows: readonly AlarmRow[]): AlarmRow[] {
  const fit = rows.filter((row) => POSSIBLE[act].includes(row.state))
  return fit.length ? fit : [...rows]
}

/** Out of service and back stand on one key: back where all that is meant is out already. */
export function serviceAct(rows: readonly AlarmRow[]): Act {
  return rows.length > 0 && rows.every((row) => row.state === 'out_of_service') ? 'return_to_service' : 'remove_from_service'
}
