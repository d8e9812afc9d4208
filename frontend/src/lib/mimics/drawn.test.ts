import { expect, test } from 'vitest'
import { indexed } from '../plant.svelte'
import type { Area, Mimic, TagColumns, Unit } from '../types'
import { drawnAt, familyRows, minutesOf, partnersOf, rowFor, shownBy, zonesOf } from './drawn'

const MIMIC: Mimic = {
  kind: 'profile', name: { en: 'Kiln', zh: '窑炉' }, templates: ['T_KILN'], faults: [], sizes: { length_m: 70 }, beside: [], values: [], partner: null,
  tags: { top: 'Z[]_TT', bottom: 'Z[]_TB', aim: 'Z[]_SP', came: 'IN' },
}
const NAMES = ['Z10_TT', 'Z2_TT', 'Z1_TT', 'Z1_TB', 'Z2_TB', 'Z1_SP', 'Z2_SP', 'Z10_SP', 'ZA_TT', 'IN']
const tags = indexed({
  path: [...NAMES.map((name) => `S.K.${name}`), 'S.L.Z3_TT'],
  unit_path: [...NAMES.map(() => 'S.K'), 'S.L'],
  name: [...NAMES, 'Z3_TT'],
} as TagColumns)
const unit = (id: string, template: string) => ({ id, path: `S.A.${id}`, template }) as Unit
const area = (id: string, ...units: Unit[]) => ({ id, units }) as Area

test('a family is the tags of the unit that differ in the number only, lowest first', () => {
  expect(familyRows(tags, 'S.K', 'Z[]_TT')).toEqual([{ number: 1, row: 2 }, { number: 2, row: 1 }, { number: 10, row: 0 }])
  expect(familyRows(tags, 'S.K', 'Y[]_TT')).toEqual([])
  expect(familyRows(tags, 'S.M', 'Z[]_TT')).toEqual([])
})

test('a zone has a top, a bottom and an aim', () => {
  expect(zonesOf(tags, MIMIC, 'S.K')).toEqual([{ zone: 1, top: 2, bottom: 3, aim: 5 }, { zone: 2, top: 1, bottom: 4, aim: 6 }])
})

test('a part that the drawing names no tag for has no row', () => {
  expect(rowFor(tags, MIMIC, 'S.K', 'came')).toBe(9)
  expect(rowFor(tags, MIMIC, 'S.L', 'came')).toBe(-1)
  expect(rowFor(tags, MIMIC, 'S.K', 'went')).toBe(-1)
})

test('a site has the drawings whose units stand there, area by area', () => {
  const rings: Mimic = { ...MIMIC, kind: 'rings', templates: ['T_A', 'T_B'] }
  const site = { areas: [area('ONE', unit('A1', 'T_A'), unit('C1', 'T_C')), area('TWO', unit('C2', 'T_C')), area('THREE', unit('B1', 'T_B'))] }
  const drawn = drawnAt(site, [MIMIC, rings])
  expect(drawn.map(({ mimic }) => mimic.kind)).toEqual(['rings'])
  expect(drawn[0]?.areas.map(({ area, units }) => [area.id, units.map(({ id }) => id)])).toEqual([['ONE', ['A1']], ['THREE', ['B1']]])
})

test('what stands beside is drawn with what it serves, and nowhere without it', () => {
  const mimic: Mimic = { ...MIMIC, beside: [{ templates: ['T_ARM'], at_m: [0], tags: {}, faults: [] }] }
  const arms = area('ARMS', unit('A1', 'T_ARM'), unit('X1', 'T_X'), unit('A2', 'T_ARM'))
  const [kiln] = drawnAt({ areas: [area('KILN', unit('K1', 'T_KILN')), arms] }, [mimic])
  expect(kiln && shownBy(kiln)).toEqual(['S.A.K1', 'S.A.A1', 'S.A.A2'])
  expect(drawnAt({ areas: [arms] }, [mimic])).toEqual([])
})

test('a partner is the unit of the same number, wherever at the site it stands', () => {
  const mimic: Mimic = { ...MIMIC, kind: 'tiles', partner: { template: 'T_FEED', tags: {}, values: [] } }
  const site = { areas: [area('PL', unit('KILN002', 'T_KILN'), unit('KILN003', 'T_KILN')), area('F', unit('FEED001', 'T_FEED'), unit('FEED002', 'T_FEED'))] }
  const [cells] = drawnAt(site, [mimic])
  expect([...(cells?.partners ?? [])].map(([path, { id }]) => [path, id])).toEqual([['S.A.KILN002', 'FEED002']])
  expect(cells && shownBy(cells)).toEqual(['S.A.KILN002', 'S.A.KILN003', 'S.A.FEED002'])
  expect(partnersOf([unit('PRE', 'T_KILN')], [unit('POST', 'T_FEED')]).size).toBe(0)
})

test('times become minutes by the unit of their tag', () => {
  expect([minutesOf(90, 's'), minutesOf(12, 'min'), minutesOf(1.5, 'h')]).toEqual([1.5, 12, 90])
})
