/** Which units of a site are drawn how, and the rows of the tags that a drawing shows. */

import type { TagTable } from '../plant.svelte'
import type { Area, Beside, Mimic, Site, Unit } from '../types'

export interface Drawn {
  mimic: Mimic
  /** The areas that have such units, with these only, in the order of the site. */
  areas: { area: Area; units: Unit[] }[]
  /** What stands beside them, in the order of the site. */
  beside: { beside: Beside; units: Unit[] }[]
  /** The unit that goes with each of them, by its path, where there is one. */
  partners: Map<string, Unit>
}

/** Paths of all units that a drawing shows. */
export function shownBy({ areas, beside, partners }: Drawn): string[] {
  return [...areas, ...beside, { units: [...partners.values()] }].flatMap(({ units }) => units.map((unit) => unit.path))
}

/** Units of one template by the path of the unit of the same number. */
export function partnersOf(units: readonly Unit[], others: readonly Unit[]): Map<string, Unit> {
  const numberOf = ({ id }: Unit) => /\d+$/.exec(id)?.[0]
  const byNumber = new Map(others.map((unit) => [numberOf(unit), unit]))
  return new Map(
    units.flatMap((unit) => {
      const found = byNumber.get(numberOf(unit))
      return found && numberOf(unit) !== undefined ? [[unit.path, found] as const] : []
    }),
  )
}

/** The drawings of a site: those mimics of the complex that have units there. */
export function drawnAt(site: Pick<Site, 'areas'>, mimics: readonly Mimic[]): Drawn[] {
  const all = site.areas.flatMap((area) => area.units)
  return mimics
    .map((mimic) => ({
      mimic,
      areas: site.areas
        .map((area) => ({ area, units: area.units.filter((unit) => mimic.templates.includes(unit.template)) }))
        .filter(({ units }) => units.length),
      beside: mimic.beside.map((beside) => ({
        beside,
        units: all.filter((unit) => beside.templates.includes(unit.template)),
      })),
      partners: partnersOf(
        all.filter((unit) => mimic.templates.includes(unit.template)),
        all.filter((unit) => unit.template === mimic.partner?.template),
      ),
    }))
    .filter(({ areas }) => areas.length)
}

type Names = Pick<TagTable, 'rowOf' | 'unitRows' | 'name'>

/** Row of the tag that plays a part in the drawing of a unit; -1 when the drawing names none. */
export function rowFor(tags: Pick<TagTable, 'rowOf'>, mimic: Pick<Mimic, 'tags'>, unit: string, role: string): number {
  const name = mimic.tags[role]
  return name === undefined ? -1 : (tags.rowOf.get(`${unit}.${name}`) ?? -1)
}

/** Rows of a family of a unit by number: `Z[]_TT` finds `Z1_TT` as 1, `Z12_TT` as 12, lowest first. */
export function familyRows(tags: Names, unit: string, family: string): { number: number; row: number }[] {
  const [before, after] = family.split('[]')
  const span = tags.unitRows.get(unit)
  if (before === undefined || after === undefined || !span) return []
  const found: { number: number; row: number }[] = []
  for (let row = span.first; row < span.end; row += 1) {
    const name = tags.name[row] ?? ''
    const number = name.slice(before.length, name.length - after.length)
    if (name.startsWith(before) && name.endsWith(after) && /^\d+$/.test(number)) found.push({ number: Number(number), row })
  }
  return found.sort((a, b) => a.number - b.number)
}

export interface Zone {
  zone: number
  top: number
  bottom: number
  aim: number
}

/** Rows of the zones of a profile: the numbers that all three families have. */
export function zonesOf(tags: Names, mimic: Mimic, unit: string): Zone[] {
  const of = (role: string) => new Map(familyRows(tags, unit, mimic.tags[role] ?? '').map(({ number, row }) => [number, row]))
  const [top, bottom, aim] = [of('top'), of('bottom'), of('aim')]
  return [...top].flatMap(([zone, row]) => {
    const [below, wanted] = [bottom.get(zone), aim.get(zone)]
    return below === undefined || wanted === undefined ? [] : [{ zone, top: row, bottom: below, aim: wanted }]
  })
}

/** Minutes of a time in the unit of its tag: `s`, `min` or `h`. */
export function minutesOf(value: number, unit: string): number {
  return unit === 's' ? value / 60 : unit === 'h' ? value * 60 : value
}
