/**
 * A flow sheet as a drawing: boxes in the layers that flow gives them, from left to right, bands as wide as what they
 * carry, and what goes back in lanes beneath. All lengths are px of the drawing.
 */

import { layers, returns, type Edge } from './graph'
import { ordered, tops, type Join, type Slot } from './placing'

export interface Flow extends Edge {
  id: string
  /** What it carries, null where that is not known. */
  value: number | null
}

export interface Box {
  id: string
  x: number
  y: number
  width: number
  height: number
}

/** Text of a band: its name above, its amount below; both above where it goes back. */
export interface Label {
  x: number
  above: number
  below: number
  anchor: 'start' | 'end'
  /** How long the text may be. */
  room: number
}

export interface Band {
  id: string
  path: string
  width: number
  back: boolean
  /** Both its ends, going right. */
  begin: Point
  end: Point
  label: Label
}

export interface Point {
  x: number
  y: number
}

export interface Drawing {
  width: number
  height: number
  boxes: Box[]
  bands: Band[]
}

export const BOX_WIDTH = 122
const BOX_LEAST = 50
const COLUMN_GAP = 150
const ROW_GAP = 4
/** Room above and below a box. */
const INSET = 7
/** Width of what goes through the node with the most. */
const THICKEST = 46
const THINNEST = 1.6
/** Where streams come from outside or leave, their words stand; no words stand on the way there. */
const OUTSIDE_WIDTH = 138
const OUTSIDE_GAP = 62
/** What two lines of text beside a band need, and a band without any. */
const LABELLED = 31
const BARE = 7
const LANE_GAP = 24
const CORNER = 9
const TRACK = 9
const HEAD = 6
const EDGE = 6

interface Way extends Flow {
  width: number
  back: boolean
  /** Places of its slots, from where it begins to where it ends; of one that goes back those of its two nodes. */
  slots: number[]
}

interface Port {
  y: number
  room: number
}

/** `least` is the height that a node needs for its own words. */
export function layout(nodes: readonly string[], flows: readonly Flow[], least: ReadonlyMap<string, number> = new Map()): Drawing {
  if (nodes.length === 0) return { width: 0, height: 0, boxes: [], bands: [] }
  const back = returns(nodes, flows)
  const layer = layers(nodes, flows, back)
  const widths = widthsOf(nodes, flows)
  const slots: Slot[] = nodes.map((node) => ({ column: layer.get(node)!, height: 0 }))
  const place = new Map(nodes.map((node, i) => [node, i]))
  const joins: Join[] = []
  const slot = (column: number, height: number) => slots.push({ column, height }) - 1

  const ways: Way[] = flows.map((flow, i) => {
    const width = widths[i]!
    const [from, to] = [place.get(flow.from), place.get(flow.to)]
    const one: Way = { ...flow, width, back: back[i]!, slots: [] }
    if (one.back) return { ...one, slots: [from!, to!] }
    const first = from ?? slot(slots[to!]!.column - 1, Math.max(LABELLED, width))
    const last = to ?? slot(slots[first]!.column + 1, Math.max(LABELLED, width))
    const between = []
    for (let column = slots[first]!.column + 1; column < slots[last]!.column; column += 1) between.push(slot(column, BARE + width))
    const all = [first, ...between, last]
    all.slice(1).forEach((b, k) => joins.push({ a: all[k]!, b }))
    return { ...one, slots: all }
  })

  // A stream from place to place has its words where it begins.
  const room = (way: Way, side: 'from' | 'to') => way.width + (side === 'from' && way.to !== '' && !way.back ? LABELLED : BARE)
  const stack = (node: string, side: 'from' | 'to') => ways.reduce((sum, way) => sum + (way[side] === node ? room(way, side) : 0), 0)
  nodes.forEach((node, i) => (slots[i]!.height = Math.max(BOX_LEAST, least.get(node) ?? 0, stack(node, 'to') + BARE, stack(node, 'from') + BARE) + 2 * INSET))

  const first = Math.min(...slots.map(({ column }) => column))
  for (const each of slots) each.column -= first
  const columns = ordered(slots, joins)
  const top = tops(slots, columns, joins, ROW_GAP).map((y) => y + EDGE)
  const middle = (i: number) => top[i]! + slots[i]!.height / 2

  // The tracks of what goes back may lead around the outermost boxes.
  const around = (end: number, column: number) => {
    const turning = ways.filter((way) => way.back && slots[way.slots[end]!]!.column === column)
    return turning.length ? CORNER + HEAD + turning.length * TRACK + Math.max(...turning.map(({ width }) => width)) : 0
  }
  const placed = (column: readonly number[] | undefined) => column?.some((i) => i < nodes.length) ?? false
  const gap = (c: number) => (placed(columns[c]) && placed(columns[c + 1]) ? COLUMN_GAP : OUTSIDE_GAP)
  const margin = EDGE + around(1, 0)
  let right = margin
  const x = columns.map((column, c) => {
    const left = right + (right === margin ? 0 : gap(c - 1))
    right = left + (placed(column) ? BOX_WIDTH : OUTSIDE_WIDTH)
    return { left, right }
  })
  const boxes = nodes.map((id, i) => ({ id, x: x[slots[i]!.column]!.left, y: top[i]! + INSET, width: BOX_WIDTH, height: slots[i]!.height - 2 * INSET }))

  // The ports of a side in the order of where they lead, those of what goes back beneath.
  function portsOf(side: 'from' | 'to'): Map<Way, Port> {
    const found = new Map<Way, Port>()
    nodes.forEach((node, i) => {
      const leading = (way: Way) => (way.back ? 1e9 : middle(side === 'from' ? way.slots[1]! : way.slots[way.slots.length - 2]!))
      const own = ways.filter((way) => way[side] === node).sort((one, other) => leading(one) - leading(other))
      let y = middle(i) - own.reduce((sum, way) => sum + room(way, side), 0) / 2
      for (const way of own) {
        const here = room(way, side)
        found.set(way, { y: y + here / 2, room: here })
        y += here
      }
    })
    return found
  }
  const begins = portsOf('from')
  const ends = portsOf('to')

  const floor = columns.map((column) => Math.max(...column.map((i) => top[i]! + slots[i]!.height)))
  const lanes = lanesOf(ways, slots, floor)
  const taken = new Map<number, number>()
  const bands = ways.map((way): Band => {
    const [first, last] = [way.slots[0]!, way.slots[way.slots.length - 1]!]
    const start = { x: x[slots[first]!.column]!.right, y: begins.get(way)?.y ?? middle(first) }
    const end = { x: x[slots[last]!.column]!.left, y: ends.get(way)?.y ?? middle(last) }
    const common = { id: way.id, width: way.width, back: way.back, begin: start, end }
    if (way.back) {
      // Each in its own track through the gaps at both its ends.
      const track = (gap: number) => {
        const n = taken.get(gap) ?? 0
        taken.set(gap, n + 1)
        return CORNER + HEAD + n * TRACK + way.width / 2
      }
      const out = start.x + track(slots[first]!.column)
      const into = end.x - track(slots[last]!.column - 1)
      const y = lanes.get(way)!
      const label = { x: into + CORNER + 4, above: y - way.width / 2 - 5, below: y - way.width / 2 - 5, anchor: 'start' as const, room: out - into - 3 * CORNER }
      return { ...common, path: lane(start, { ...end, x: end.x - HEAD }, out, into, y), label }
    }
    const stops = way.slots.slice(1, -1).map((i) => ({ left: x[slots[i]!.column]!.left, right: x[slots[i]!.column]!.right, y: middle(i) }))
    const label = labelOf(way, start, end)
    return { ...common, path: curve(start, stops, { ...end, x: end.x - HEAD }), label }
  })
  return {
    width: right + EDGE + around(0, columns.length - 1),
    height: Math.max(...floor) + EDGE,
    boxes,
    bands,
  }
}

/** Outside, beside the end; from place to place above and below the band where it begins. */
function labelOf(way: Way, start: Point, end: Point): Label {
  const outside = { room: OUTSIDE_WIDTH - 12 }
  if (way.from === '') return { ...outside, x: start.x - 6, above: start.y - 2, below: start.y + 12, anchor: 'end' }
  if (way.to === '') return { ...outside, x: end.x + 6, above: end.y - 2, below: end.y + 12, anchor: 'start' }
  return { x: start.x + 5, above: start.y - way.width / 2 - 4, below: start.y + way.width / 2 + 12, anchor: 'start', room: COLUMN_GAP - 12 - HEAD }
}

/** Of flows, in proportion to what they carry, so that the busiest node has the thickest. */
function widthsOf(nodes: readonly string[], flows: readonly Flow[]): number[] {
  const through = nodes.map((node) => {
    const sum = (side: 'from' | 'to') => flows.reduce((total, flow) => total + (flow[side] === node ? Math.abs(flow.value ?? 0) : 0), 0)
    return Math.max(sum('from'), sum('to'))
  })
  const most = Math.max(0, ...through)
  return flows.map(({ value }) => (value === null || most === 0 ? THINNEST : Math.max(THINNEST, (THICKEST * Math.abs(value)) / most)))
}

/** The height of each lane beneath the columns that it passes, the short ones first; lowers the `floor` of those. */
function lanesOf(ways: readonly Way[], slots: readonly Slot[], floor: number[]): Map<Way, number> {
  const found = new Map<Way, number>()
  const span = (way: Way): [number, number] => [slots[way.slots[1]!]!.column, slots[way.slots[0]!]!.column]
  const going = ways.filter((way) => way.back).sort((one, other) => span(one)[1] - span(one)[0] - (span(other)[1] - span(other)[0]))
  for (const way of going) {
    const [left, right] = span(way)
    const y = Math.max(...floor.slice(left, right + 1)) + LANE_GAP + way.width / 2
    found.set(way, y)
    for (let column = left; column <= right; column += 1) floor[column] = y + way.width / 2
  }
  return found
}

const p = (value: number) => value.toFixed(1)

/** Level at both ends and through each column that it passes. */
function curve(start: Point, stops: readonly { left: number; right: number; y: number }[], end: Point): string {
  let path = `M${p(start.x)} ${p(start.y)}`
  let at = start
  for (const { left, right, y } of [...stops, { left: end.x, right: end.x, y: end.y }]) {
    const bend = (at.x + left) / 2
    path += `C${p(bend)} ${p(at.y)} ${p(bend)} ${p(y)} ${p(left)} ${p(y)}`
    if (right > left) path += `H${p(right)}`
    at = { x: right, y }
  }
  return path
}

/** Out to the right, down, back along a lane, and up into the left side of where it returns to. */
function lane(start: Point, end: Point, out: number, into: number, y: number): string {
  const turn = (x: number, turned: number, dx: number, dy: number) => `Q${p(x)} ${p(turned)} ${p(x + dx)} ${p(turned + dy)}`
  return (
    `M${p(start.x)} ${p(start.y)}H${p(out - CORNER)}${turn(out, start.y, 0, CORNER)}V${p(y - CORNER)}${turn(out, y, -CORNER, 0)}` +
    `H${p(into + CORNER)}${turn(into, y, 0, -CORNER)}V${p(end.y + CORNER)}${turn(into, end.y, CORNER, 0)}H${p(end.x)}`
  )
}

/** Letters of 85 % width take so much of the room of plain ones. */
export const NARROW = 0.88

/** A text cut to so many px, in letters of `size` px; Chinese ones are as wide as they are high. */
export function fitted(text: string, px: number, size: number): string {
  let length = 0
  for (const [at, letter] of [...text].entries()) {
    length += size * (letter.codePointAt(0)! > 0x2e80 ? 1 : 0.53)
    if (length > px) return `${[...text].slice(0, Math.max(1, at - 1)).join('').trimEnd()}…`
  }
  return text
}

/** A text in one line, or in two where it is too long and has a space to be parted at. */
export function wrapped(text: string, px: number, size: number): string[] {
  if (fitted(text, px, size) === text) return [text]
  const parts = text.split(' ')
  let first = parts.length
  do first -= 1
  while (first > 0 && fitted(parts.slice(0, first).join(' '), px, size).endsWith('…'))
  if (first === 0) return [fitted(text, px, size)]
  return [parts.slice(0, first).join(' '), fitted(parts.slice(first).join(' '), px, size)]
}
