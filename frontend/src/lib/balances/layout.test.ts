import { describe, expect, test } from 'vitest'
import { layers, returns } from './graph'
import { fitted, layout, wrapped, type Flow } from './layout'
import { apart, crossings, ordered } from './placing'

const flow = (id: string, from: string, to: string, value: number | null = 1): Flow => ({ id, from, to, value })

describe('the layers', () => {
  test('a node stands one further than the last that feeds it', () => {
    const edges = [flow('in', '', 'a'), flow('1', 'a', 'b'), flow('2', 'b', 'c'), flow('short', 'a', 'c'), flow('out', 'c', '')]
    const back = returns(['a', 'b', 'c'], edges)
    expect(back).toEqual([false, false, false, false, false])
    expect([...layers(['a', 'b', 'c'], edges, back)]).toEqual([['a', 0], ['b', 1], ['c', 2]])
  })

  test('what closes a circle is a return, and the circle begins where it is fed from outside', () => {
    const edges = [flow('1', 'b', 'c'), flow('2', 'c', 'a'), flow('3', 'a', 'b'), flow('in', '', 'b')]
    const back = returns(['a', 'b', 'c'], edges)
    expect(back).toEqual([false, false, true, false])
    expect([...layers(['a', 'b', 'c'], edges, back)]).toEqual([['a', 2], ['b', 0], ['c', 1]])
  })

  test('two that feed one and are fed by it stand in one layer, before it', () => {
    const edges = [flow('in', '', 's'), flow('1', 's', 'a'), flow('2', 's', 'b'), flow('3', 'a', 'c'), flow('4', 'c', 'a'), flow('5', 'b', 'c'), flow('6', 'c', 'b')]
    const back = returns(['s', 'a', 'b', 'c'], edges)
    expect(back).toEqual([false, false, false, false, true, false, true])
    expect([...layers(['s', 'a', 'b', 'c'], edges, back).values()]).toEqual([0, 1, 1, 2])
  })

  test('what is added to a circle on its way does not turn it', () => {
    const edges = [flow('in', '', 'a'), flow('1', 'a', 'b'), flow('2', 'b', 'c'), flow('3', 'c', 'a'), flow('more', '', 'c')]
    expect(returns(['a', 'b', 'c'], edges)).toEqual([false, false, false, true, false])
  })

  test('a circle that nothing feeds begins at its first node, and a stream to its own node is a return', () => {
    const edges = [flow('1', 'a', 'b'), flow('2', 'b', 'a'), flow('own', 'b', 'b')]
    expect(returns(['a', 'b'], edges)).toEqual([false, true, true])
  })

  test('what only the outside feeds stands right before what it feeds', () => {
    const edges = [flow('in', '', 'a'), flow('1', 'a', 'b'), flow('2', 'b', 'c'), flow('well', '', 'w'), flow('3', 'w', 'c')]
    expect(layers(['a', 'b', 'c', 'w'], edges, edges.map(() => false)).get('w')).toBe(1)
  })
})

describe('the places', () => {
  test('neighbours that would overlap stand around the mean of what they want', () => {
    expect(apart([0, 0, 100], [10, 10, 10])).toEqual([-5, 5, 100])
    expect(apart([30, 10], [10, 10])).toEqual([15, 25])
  })

  test('an order without crossings is found', () => {
    const slots = [0, 0, 0, 1, 1, 1].map((column) => ({ column, height: 1 }))
    const joins = [{ a: 0, b: 5 }, { a: 1, b: 4 }, { a: 2, b: 3 }]
    expect(crossings([[0, 1, 2], [3, 4, 5]], slots, joins)).toBe(3)
    expect(crossings(ordered(slots, joins), slots, joins)).toBe(0)
  })
})

const PLANT = ['pre', 'filters', 'tanks', 'train1', 'train2', 'store']
const FLOWS = [
  flow('in', '', 'pre', 100), flow('drawn', 'pre', 'filters', 104), flow('filtrate', 'filters', 'tanks', 104), flow('wash', 'tanks', 'pre', 4),
  flow('feed1', 'tanks', 'train1', 50), flow('feed2', 'tanks', 'train2', 50), flow('out1', 'train1', 'store', 50), flow('out2', 'train2', 'store', null),
  flow('twin a', 'store', '', 60), flow('twin b', 'store', '', 40), flow('past', 'pre', 'store', null),
]

describe('the drawing', () => {
  const drawing = layout(PLANT, FLOWS)
  const box = (id: string) => drawing.boxes.find((each) => each.id === id)!
  const band = (id: string) => drawing.bands.find((each) => each.id === id)!
  const numbers = (path: string) => (path.match(/-?[\d.]+/g) ?? []).map(Number)

  test('each node and each stream is drawn once, inside the drawing', () => {
    expect(drawing.boxes.map(({ id }) => id)).toEqual(PLANT)
    expect(drawing.bands.map(({ id }) => id)).toEqual(FLOWS.map(({ id }) => id))
    for (const { path } of drawing.bands) for (const each of numbers(path)) expect(each).toBeGreaterThanOrEqual(0)
    for (const { x, y, width, height } of drawing.boxes) {
      expect(Math.min(x, y)).toBeGreaterThanOrEqual(0)
      expect(x + width).toBeLessThanOrEqual(drawing.width)
      expect(y + height).toBeLessThanOrEqual(drawing.height)
    }
  })

  test('boxes do not overlap', () => {
    for (const one of drawing.boxes)
      for (const other of drawing.boxes)
        if (one.id < other.id && one.x === other.x) expect(one.y + one.height <= other.y || other.y + other.height <= one.y, `${one.id} ${other.id}`).toBe(true)
  })

  test('bands are as wide as what they carry; one that is not known is a line', () => {
    expect(band('feed1').width / band('drawn').width).toBeCloseTo(50 / 104)
    expect(band('out2').width).toBeLessThan(2)
  })

  test('only the backwash goes back, in a lane beneath all that it passes', () => {
    expect(drawing.bands.filter(({ back }) => back).map(({ id }) => id)).toEqual(['wash'])
    const lowest = Math.max(...['pre', 'filters', 'tanks'].map((id) => box(id).y + box(id).height))
    expect(band('wash').label.above).toBeGreaterThan(lowest)
    expect(band('wash').end.x).toBe(box('pre').x)
  })

  test('parallel streams leave side by side', () => {
    const starts = ['twin a', 'twin b'].map((id) => numbers(band(id).path)[1]!)
    expect(Math.abs(starts[0]! - starts[1]!)).toBeGreaterThanOrEqual((band('twin a').width + band('twin b').width) / 2)
  })

  test('what goes past a node goes around its box', () => {
    const [, y] = numbers(band('past').path.split('C')[2] ?? '').slice(-2)
    expect(y).toBeDefined()
    for (const { x, y: top, height } of drawing.boxes.filter(({ x }) => x === box('filters').x)) {
      expect(x).toBe(box('filters').x)
      const passed = numbers(band('past').path.split('H')[0]!).at(-1)!
      expect(passed < top || passed > top + height).toBe(true)
    }
  })

  test('a node without a way to outside is drawn, and so is a sheet of nothing but a circle', () => {
    expect(layout(['alone'], []).boxes).toHaveLength(1)
    const circle = layout(['a', 'b'], [flow('1', 'a', 'b', null), flow('2', 'b', 'a', null)])
    expect(circle.bands.map(({ back }) => back)).toEqual([false, true])
    for (const { path } of circle.bands) for (const each of numbers(path)) expect(each).toBeGreaterThanOrEqual(0)
    expect(layout([], []).bands).toEqual([])
  })
})

test('a text is cut to its room, Chinese letters counted as wide as they are high', () => {
  expect(fitted('Feed', 100, 12)).toBe('Feed')
  expect(fitted('Mother liquor back', 60, 12)).toBe('Mother l…')
  expect(fitted('返回蒸发器', 40, 12)).toBe('返回…')
  expect(wrapped('Crystallisers and dryers', 110, 12)).toEqual(['Crystallisers and', 'dryers'])
  expect(wrapped('Hydrometallurgical', 60, 12)).toEqual(['Hydromet…'])
  expect(wrapped('Tank', 60, 12)).toEqual(['Tank'])
})
