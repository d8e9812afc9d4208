import { expect, test } from 'vitest'
import { pageAt } from './router.svelte'

test('every page has an address of its own', () => {
  expect(pageAt('/')).toEqual({ name: 'wall' })
  expect(pageAt('/site/S03')).toEqual({ name: 'site', site: 'S03' })
  expect(pageAt('/unit/S03.PL2.CELL041')).toEqual({ name: 'unit', unit: 'S03.PL2.CELL041' })
  expect(pageAt('/kpi')).toEqual({ name: 'kpi', site: null })
  expect(pageAt('/kpi/S03')).toEqual({ name: 'kpi', site: 'S03' })
  expect(pageAt('/balances')).toEqual({ name: 'balances', sheet: null })
  expect(pageAt('/balances/s08_water')).toEqual({ name: 'balances', sheet: 's08_water' })
  expect(pageAt('/energy')).toEqual({ name: 'energy' })
  expect(pageAt('/energy/S03')).toEqual({ name: 'missing' })
  expect(pageAt('/claims')).toEqual({ name: 'claims', claim: null })
  expect(pageAt('/claims/C09')).toEqual({ name: 'claims', claim: 'C09' })
  expect(pageAt('/report')).toEqual({ name: 'report' })
  expect(pageAt('/tags')).toEqual({ name: 'tags' })
  expect(pageAt('/health/')).toEqual({ name: 'health' })
  expect(pageAt('/training')).toEqual({ name: 'training' })
})

test('an address that nothing answers to is said to be missing', () => {
  expect(pageAt('/site')).toEqual({ name: 'missing' })
  expect(pageAt('/unit/S03/PL2')).toEqual({ name: 'missing' })
})

test('alarms have their pages, and each alarm its own address', () => {
  expect(pageAt('/alarms')).toEqual({ name: 'alarms', view: 'list' })
  expect(pageAt('/alarms/journal')).toEqual({ name: 'alarms', view: 'journal' })
  expect(pageAt('/alarms/list')).toEqual({ name: 'missing' })
  expect(pageAt('/alarm/S03.PL1.CELL001.CW_F/LL')).toEqual({ name: 'alarm', alarm: 'S03.PL1.CELL001.CW_F/LL' })
  expect(pageAt('/alarm/S03.PL1.CELL001.CW_F')).toEqual({ name: 'missing' })
})
