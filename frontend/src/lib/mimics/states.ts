/** The state marks of units that a drawing shows. */

import { labelsOf } from '../labels'
import { prefs } from '../prefs.svelte'
import type { Unit } from '../types'
import { tally, type Condition, type Values } from '../values.svelte'

/** Worst condition of each unit's tags, by the unit's path. */
export function statesOf(values: Values, units: readonly Unit[]): Map<string, Condition> {
  void values.revision
  return new Map(
    units.map((unit) => {
      const span = values.tags.unitRows.get(unit.path)
      return [unit.path, span ? tally(values, span.first, span.end).worst : 'unknown']
    }),
  )
}

/** The value of a row; null when the row is not there or nothing was heard of it. */
export function valueAt(values: Values, row: number): number | null {
  const value = row < 0 || !values.known(row) ? Number.NaN : (values.value[row] ?? Number.NaN)
  return Number.isNaN(value) ? null : value
}

/** The label of a state as the plant names it; '' when it is not known. */
export function labelAt(values: Values, row: number): string {
  const value = valueAt(values, row)
  return value === null ? '' : (values.tags.labels[row]?.[value] ?? String(value))
}

/** The word of a state in the language of the screen; '' when it is not known. */
export function wordAt(values: Values, row: number): string {
  const value = valueAt(values, row)
  return value === null ? '' : (labelsOf(values.tags, row, prefs.language)[value] ?? String(value))
}
