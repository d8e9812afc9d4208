import { expect, test } from 'vitest'
import { lines, placed, strokeOf } from './scene'
import type { Flow } from './types'

const box = { width: 100, height: 50 }

test('sites at the same place are drawn apart and inside the field', () => {
  const crowd = Array.from({ length: 24 }, (_, i) => ({ x: (i % 6) / 6, y: i < 12 ? 0.5 : 0.52 }))
  const boxes = placed(crowd, { width: 1400, height: 620 }, box)
  for (const [i, a] of boxes.entries()) {
    expect(a.x).toBeGreaterThanOrEqual(50)
    expect(a.x).toBeLessThanOrEqual(1350)
    for (const b of boxes.slice(i + 1)) {
      expect(Math.abs(a.x - b.x) >= 99 || Math.abs(a.y - b.y) >= 49).toBe(true)
    }
  }
})

test('the outermost sites touch the edges of the field', () => {
  const boxes = placed([{ x: 0.2, y: 0.4 }, { x: 0.8, y: 0.6 }], { width: 1000, height: 500 }, box)
  expect(boxes).toEqual([{ x: 50, y: 25 }, { x: 950, y: 475 }])
})

test('four times the flow is twice the width, and a dry line can still be seen', () => {
  expect(strokeOf(400, 10) / strokeOf(100, 10)).toBeCloseTo(2)
  expect(strokeOf(0, 10)).toBe(1)
})

test('a flow leaves the side that faces its target, also backwards', () => {
  const flow = (source: string, target: string): Flow => ({
    id: source + target, source, target, name: { en: '', zh: '' }, goods: '', plan_t_d: 1, origin: 'assumed',
  })
  const at = new Map([['A', { x: 100, y: 100 }], ['B', { x: 500, y: 100 }]])
  const [there, back] = lines([flow('A', 'B'), flow('B', 'A')], at, box)
  expect(there?.path.startsWith('M150.0 ')).toBe(true)
  expect(back?.path.startsWith('M450.0 ')).toBe(true)
  expect(lines([flow('A', 'nowhere')], at, box)).toEqual([])
})
