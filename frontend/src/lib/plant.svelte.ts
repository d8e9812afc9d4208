/** The plant as the server describes it: its complex, its tag table, and where each thing stands in them. */

import { api } from './api'
import { Resource } from './resource.svelte'
import type { Area, Complex, Site, TagColumns, Unit } from './types'

export interface Place {
  site: Site
  area: Area
  unit: Unit
}

/** The tag table with the rows of each unit and site. Rows of one unit, and of one site, follow one another. */
export interface TagTable extends TagColumns {
  rowOf: Map<string, number>
  unitRows: Map<string, { first: number; end: number }>
}

export function indexed(columns: TagColumns): TagTable {
  const rowOf = new Map<string, number>()
  const unitRows = new Map<string, { first: number; end: number }>()
  columns.path.forEach((path, row) => {
    rowOf.set(path, row)
    const unit = columns.unit_path[row] ?? ''
    const rows = unitRows.get(unit)
    if (rows) rows.end = row + 1
    else unitRows.set(unit, { first: row, end: row + 1 })
  })
  return { ...columns, rowOf, unitRows }
}

class Plant {
  readonly complex = new Resource<Complex>(api.complex)
  readonly tags = new Resource<TagTable>(async () => indexed(await api.tags()))
  zone = $derived(this.complex.value?.zone ?? 'UTC')
  sites = $derived(new Map(this.complex.value?.sites.map((site) => [site.id, site]) ?? []))
  places = $derived.by(() => {
    const places = new Map<string, Place>()
    for (const site of this.complex.value?.sites ?? [])
      for (const area of site.areas) for (const unit of area.units) places.set(unit.path, { site, area, unit })
    return places
  })
}

export const plant = new Plant()
