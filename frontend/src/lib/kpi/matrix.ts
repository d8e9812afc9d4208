/** A site's units as rows and their numbers as columns, one table for each kind of unit. */

import { outlier, spread, type Outlier, type Spread } from './spread'
import type { Kpi } from './types'

export interface MatrixColumn {
  /** One of the column's numbers, for its name, unit and target. */
  like: Kpi
  spread: Spread | null
  /** The number of the whole site, where it has the same. */
  site: Kpi | undefined
}

export interface Cell {
  kpi: Kpi
  outlier: Outlier
}

export interface MatrixRow {
  unit: string
  /** In the order of the columns. */
  cells: (Cell | undefined)[]
}

export interface Matrix {
  template: string
  columns: MatrixColumn[]
  rows: MatrixRow[]
}

/** The tables of a site in the order in which its units first come. */
export function matrices(kpis: readonly Kpi[], site: string, templateOf: (unit: string) => string): Matrix[] {
  const ofSite = new Map(kpis.filter((kpi) => kpi.scope === site).map((kpi) => [kpi.id, kpi]))
  const templates = new Map<string, Map<string, Map<string, Kpi>>>()
  for (const kpi of kpis) {
    if (kpi.scope === site) continue
    const template = templateOf(kpi.scope)
    const units = templates.get(template) ?? new Map<string, Map<string, Kpi>>()
    templates.set(template, units)
    const numbers = units.get(kpi.scope) ?? new Map<string, Kpi>()
    units.set(kpi.scope, numbers)
    numbers.set(kpi.id, kpi)
  }
  return [...templates].map(([template, units]) => {
    const likes = new Map<string, Kpi>()
    for (const numbers of units.values()) for (const [id, kpi] of numbers) if (!likes.has(id)) likes.set(id, kpi)
    const columns = [...likes].map(([id, like]) => ({
      like,
      spread: spread([...units.values()].map((numbers) => numbers.get(id)?.value)),
      site: ofSite.get(id),
    }))
    const rows = [...units].map(([unit, numbers]) => ({
      unit,
      cells: columns.map(({ like, spread: of }) => {
        const kpi = numbers.get(like.id)
        return kpi && { kpi, outlier: outlier(kpi.value, of) }
      }),
    }))
    return { template, columns, rows }
  })
}

export interface Sort {
  /** A number's id, or `unit`. */
  by: string
  descending: boolean
}

/** `ce` upwards, `-ce` downwards; without a word the plant's own order. */
export function sortAsked(text: string | null): Sort {
  return { by: text?.replace(/^-/, '') || 'unit', descending: text?.startsWith('-') ?? false }
}

/** What a column's head asks for next: largest first, then smallest first, then the plant's order. */
export function nextSort({ by, descending }: Sort, column: string): string | null {
  if (by !== column) return column === 'unit' ? null : `-${column}`
  if (column === 'unit') return descending ? null : '-unit'
  return descending ? column : null
}
