/** What a line of stations and a row of docks say: shapes for their states, and the station that holds the others up. */

export type Shape = 'works' | 'waits' | 'held' | 'wrong' | 'other'

const SHAPES: Record<Exclude<Shape, 'other'>, readonly string[]> = {
  works: ['RUN', 'AUTO', 'RUNNING', 'WORKING', 'BUSY', 'LOADING', 'UNLOADING', 'NORMAL', 'FEED', 'FILTER', 'MEASURE'],
  waits: ['STARVED', 'IDLE', 'FREE', 'WAIT', 'WAITING', 'READY', 'OFF', 'STANDBY', 'EMPTY', 'NONE'],
  held: ['BLOCKED', 'HOLD', 'HELD', 'DOCKED', 'RESERVED', 'SEALED'],
  wrong: ['DOWN', 'FAULT', 'ERROR', 'TRIPPED'],
}

/** The shape beside a state's word. A word that is not known has a shape of its own, and is never abnormal. */
export function shapeOf(label: string): Shape {
  for (const [shape, words] of Object.entries(SHAPES)) if (words.includes(label.toUpperCase())) return shape as Shape
  return 'other'
}

/** Places of the slowest; none when no time is known or all take the same. */
export function bottlenecks(cycles: readonly (number | null)[]): number[] {
  const known = cycles.filter((cycle) => cycle !== null && Number.isFinite(cycle) && cycle > 0) as number[]
  const most = Math.max(...known)
  if (known.length < 2 || Math.min(...known) === most) return []
  return cycles.flatMap((cycle, i) => (cycle === most ? [i] : []))
}
