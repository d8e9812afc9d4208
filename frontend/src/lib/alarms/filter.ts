/** What the list shows, as it stands in the address: `/alarms?position=metals&priority=critical,high&q=pump`. */

import { OPEN_STATES, PRIORITIES, type CountedState, type Priority } from './types'

export const SORTS = ['urgency', 'time', 'place', 'state'] as const
export type Sort = (typeof SORTS)[number]

export interface Filter {
  words: string
  position: string
  site: string
  unit: string
  assignee: string
  /** Empty means all, as in `states`. */
  priorities: Priority[]
  states: CountedState[]
  /** One row for a cause and all that follows from it. */
  roots: boolean
  sort: Sort
  descending: boolean
}

/** Sorts whose natural order is the largest first. */
const DESCENDING: Record<Sort, boolean> = { urgency: true, time: true, place: false, state: false }

function chosen<T extends string>(text: string | null, from: readonly T[]): T[] {
  const words = (text ?? '').split(',')
  return from.filter((one) => words.includes(one))
}

export function filterOf(query: URLSearchParams): Filter {
  const sort = SORTS.find((one) => one === query.get('sort')) ?? 'urgency'
  return {
    words: query.get('q') ?? '',
    position: query.get('position') ?? '',
    site: query.get('site') ?? '',
    unit: query.get('unit') ?? '',
    assignee: query.get('assignee') ?? '',
    priorities: chosen(query.get('priority'), PRIORITIES),
    states: chosen(query.get('states'), OPEN_STATES),
    roots: query.get('flat') === null,
    sort,
    descending: query.has('order') ? query.get('order') === 'down' : DESCENDING[sort],
  }
}

/** The keys of the address that say `filter`; null for what is as usual. */
export function addressOf(filter: Filter): Record<string, string | null> {
  return {
    q: filter.words.trim() || null,
    position: filter.position || null,
    site: filter.site || null,
    unit: filter.unit || null,
    assignee: filter.assignee || null,
    priority: filter.priorities.join(',') || null,
    states: filter.states.join(',') || null,
    flat: filter.roots ? null : '1',
    sort: filter.sort === 'urgency' ? null : filter.sort,
    order: filter.descending === DESCENDING[filter.sort] ? null : filter.descending ? 'down' : 'up',
  }
}

/** The same as the server is asked for it, without the window. */
export function askedOf(filter: Filter): Record<string, string | boolean> {
  return {
    states: (filter.states.length ? filter.states : OPEN_STATES).join(','),
    position: filter.position,
    site: filter.site,
    unit: filter.unit,
    priority: filter.priorities.join(','),
    assignee: filter.assignee,
    words: filter.words.trim(),
    roots: filter.roots,
    sort: filter.sort,
    descending: filter.descending,
  }
}

/** The filter sorted by `sort`: turned over where it is sorted by that already. */
export function sortedBy(filter: Filter, sort: Sort): Filter {
  return { ...filter, sort, descending: filter.sort === sort ? !filter.descending : DESCENDING[sort] }
}

/** Whether anything is left out that could be seen. */
export function narrowed(filter: Filter): boolean {
  const { words, position, site, unit, assignee, priorities, states } = filter
  return Boolean(words.trim() || position || site || unit || assignee || priorities.length || states.length)
}

export function toggled<T>(list: readonly T[], one: T): T[] {
  return list.includes(one) ? list.filter((each) => each !== one) : [...list, one]
}

/** A query string without what is empty. */
export function plainQuery(query: Record<string, string | number | boolean>): string {
  const plain = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) if (value !== '') plain.set(key, String(value))
  return plain.toString()
}
