/** Where the things of each column stand: their order by what they are joined to, then their heights without overlap. */

export interface Slot {
  column: number
  height: number
}

/** `a` and `b` are places in the list of slots, in neighbouring columns. */
export interface Join {
  a: number
  b: number
}

const SWEEPS = 24

/** The slots of each column from the top, crossing as little as sweeps by barycentre find. */
export function ordered(slots: readonly Slot[], joins: readonly Join[]): number[][] {
  const columns: number[][] = []
  slots.forEach((slot, i) => (columns[slot.column] ??= []).push(i))
  for (let c = 0; c < columns.length; c += 1) columns[c] ??= []
  const beside = neighbours(slots, joins)
  let best = columns.map((column) => [...column])
  let least = crossings(best, slots, joins)
  for (let sweep = 0; sweep < SWEEPS && least > 0; sweep += 1) {
    const onward = sweep % 2 === 0
    const rank = new Map<number, number>()
    columns.forEach((column) => column.forEach((slot, i) => rank.set(slot, i)))
    for (let step = 1; step < columns.length; step += 1) {
      const column = columns[onward ? step : columns.length - 1 - step]!
      const centre = new Map(
        column.map((slot) => {
          const ranks = (onward ? beside[slot]!.before : beside[slot]!.after).map((other) => rank.get(other)!)
          return [slot, ranks.length ? ranks.reduce((sum, each) => sum + each, 0) / ranks.length : rank.get(slot)!]
        }),
      )
      column.sort((one, other) => centre.get(one)! - centre.get(other)! || rank.get(one)! - rank.get(other)!)
      column.forEach((slot, i) => rank.set(slot, i))
    }
    const now = crossings(columns, slots, joins)
    if (now < least) [least, best] = [now, columns.map((column) => [...column])]
  }
  return best
}

/** How often joins cross one another. */
export function crossings(columns: readonly (readonly number[])[], slots: readonly Slot[], joins: readonly Join[]): number {
  const rank = new Map<number, number>()
  columns.forEach((column) => column.forEach((slot, i) => rank.set(slot, i)))
  let found = 0
  joins.forEach((one, i) => {
    for (const other of joins.slice(i + 1))
      if (slots[one.a]!.column === slots[other.a]!.column && (rank.get(one.a)! - rank.get(other.a)!) * (rank.get(one.b)! - rank.get(other.b)!) < 0) found += 1
  })
  return found
}

function neighbours(slots: readonly Slot[], joins: readonly Join[]): { before: number[]; after: number[] }[] {
  const found = slots.map(() => ({ before: [] as number[], after: [] as number[] }))
  for (const { a, b } of joins) {
    found[a]!.after.push(b)
    found[b]!.before.push(a)
  }
  return found
}

const ROUNDS = 16

/** The top of each slot, px from 0: near the middle of what it is joined to, in its column's order, `gap` apart. */
export function tops(slots: readonly Slot[], columns: readonly (readonly number[])[], joins: readonly Join[], gap: number): number[] {
  const top = slots.map(() => 0)
  for (const column of columns) {
    const length = column.reduce((sum, slot) => sum + slots[slot]!.height + gap, -gap)
    let y = -length / 2
    for (const slot of column) {
      top[slot] = y
      y += slots[slot]!.height + gap
    }
  }
  const beside = neighbours(slots, joins)
  const middle = (slot: number) => top[slot]! + slots[slot]!.height / 2
  for (let round = 0; round < ROUNDS; round += 1) {
    const last = round >= ROUNDS - 2
    const order = round % 2 === 0 ? columns : [...columns].reverse()
    for (const column of order) {
      const wanted = column.map((slot) => {
        const { before, after } = beside[slot]!
        const looked = last ? [...before, ...after] : round % 2 === 0 ? before : after
        return looked.length ? looked.reduce((sum, other) => sum + middle(other), 0) / looked.length - slots[slot]!.height / 2 : top[slot]!
      })
      const placed = apart(wanted, column.map((slot) => slots[slot]!.height + gap))
      column.forEach((slot, i) => (top[slot] = placed[i]!))
    }
  }
  const least = Math.min(...top)
  return top.map((y) => y - least)
}

/**
 * Places nearest to those that are wanted, in least squares, each at least its room above the next: neighbours that
 * would overlap are pooled and stand around their mean.
 */
export function apart(wanted: readonly number[], room: readonly number[]): number[] {
  const offsets: number[] = []
  room.reduce((sum, each, i) => ((offsets[i] = sum), sum + each), 0)
  const pools: { mean: number; size: number }[] = []
  wanted.forEach((each, i) => {
    let pool = { mean: each - offsets[i]!, size: 1 }
    for (let above = pools[pools.length - 1]; above && above.mean > pool.mean; above = pools[pools.length - 1]) {
      pools.pop()
      pool = { mean: (above.mean * above.size + pool.mean * pool.size) / (above.size + pool.size), size: above.size + pool.size }
    }
    pools.push(pool)
  })
  return pools.flatMap(({ mean, size }) => Array<number>(size).fill(mean)).map((each, i) => each + offsets[i]!)
}
