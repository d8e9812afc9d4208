/** Finds tags by any words of their path, description, unit or site, in both languages at once. */

import type { TagTable } from './plant.svelte'
import type { Complex } from './types'

/** What can be searched of each row, in lower case. */
export function haystacks(tags: TagTable, complex: Complex): string[] {
  const sites = complex.sites.map((site) => `${site.id} ${site.name.en} ${site.name.zh}`.toLowerCase())
  const units = new Map<string, string>()
  for (const site of complex.sites)
    for (const area of site.areas)
      for (const unit of area.units)
        units.set(
          unit.path,
          `${area.name.en} ${area.name.zh} ${unit.name.en} ${unit.name.zh} ${complex.templates[unit.template]?.name.en ?? ''} ${complex.templates[unit.template]?.name.zh ?? ''}`.toLowerCase(),
        )
  return tags.path.map((path, row) =>
    `${path} ${tags.en[row]} ${tags.zh[row]} ${tags.unit[row]} `.toLowerCase() +
    `${units.get(tags.unit_path[row] ?? '') ?? ''} ${sites[tags.site[row] ?? -1] ?? ''}`,
  )
}

/** Rows that hold every word of the query, in the order of the table. */
export function matching(stacks: readonly string[], query: string): number[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  const found: number[] = []
  for (let row = 0; row < stacks.length; row += 1) {
    const stack = stacks[row]!
    if (words.every((word) => stack.includes(word))) found.push(row)
  }
  return found
}

export type Column = 'path' | 'description' | 'unit' | 'site'

const collator = new Intl.Collator(['en', 'zh'], { numeric: true })

/** The rows in the order of a column; equal ones stay in the order of the table. */
export function sorted(rows: readonly number[], key: (row: number) => string, descending: boolean): number[] {
  const keys = new Map(rows.map((row) => [row, key(row)]))
  const sign = descending ? -1 : 1
  return [...rows].sort((a, b) => sign * collator.compare(keys.get(a)!, keys.get(b)!) || a - b)
}
