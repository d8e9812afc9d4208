/** Finds the numbered tags of a unit, `Z7_TT` or `ANODE_A3`, as families. */

import type { TagTable } from './plant.svelte'

export interface Family {
  /** The name with its number replaced: `Z#_TT`; a lone tag's own name. */
  name: string
  rows: number[]
}

/** Least members that are shown as one family. */
const LEAST = 3

/** Groups rows whose names differ in one number only, when there are three or more; the order of rows is kept. */
export function families(tags: Pick<TagTable, 'name' | 'unit' | 'kind'>, first: number, end: number): Family[] {
  const found = new Map<string, number[]>()
  for (let row = first; row < end; row += 1) {
    const key = `${(tags.name[row] ?? '').replace(/\d+/, '#')} ${tags.unit[row]} ${tags.kind[row]}`
    const rows = found.get(key)
    if (rows) rows.push(row)
    else found.set(key, [row])
  }
  return [...found].flatMap(([key, rows]) =>
    rows.length >= LEAST && key.includes('#')
      ? [{ name: key.split(' ')[0]!, rows }]
      : rows.map((row) => ({ name: tags.name[row] ?? '', rows: [row] })),
  )
}

/** `SP -40/-20/+20/+40` -> the four offsets from the set point, or null when the text says something else. */
export function offsets(limitText: string): [number, number, number, number] | null {
  const match = /^SP\s*([+\-−]?\d+(?:\.\d+)?)\/([+\-−]?\d+(?:\.\d+)?)\/\+?(\d+(?:\.\d+)?)\/\+?(\d+(?:\.\d+)?)$/.exec(limitText.trim())
  if (!match) return null
  const [ll, l, h, hh] = match.slice(1).map((part) => Number(part.replace('−', '-')))
  return [ll!, l!, h!, hh!]
}
