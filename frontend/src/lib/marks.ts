/** What people wrote beside the shown tags, notes and corrections, as marks over the trend and as rows under it. */

import type { Annotation, Correction } from './types'

/** A note, or the values of one tag that one correction changed. */
export interface Entry {
  key: string
  tag: string
  /** In the order of time, never empty. */
  times_us: number[]
  /** The note's words, or why it was corrected. */
  text: string
  who: string
  /** Empty for a note. */
  changes: Correction[]
}

export interface Mark {
  key: string
  time_us: number
  note: boolean
}

/** Newest first by the moment they are about, not by when they were written. */
export function entries(annotations: readonly Annotation[], corrections: readonly Correction[]): Entry[] {
  const found: Entry[] = annotations.map(({ id, tag, time_us, text, who }) => ({
    key: `note ${id}`, tag, times_us: [time_us], text, who, changes: [],
  }))
  const acts = new Map<string, Entry>()
  for (const made of corrections) {
    const key = `correction ${made.tag} ${made.at_us} ${made.kind} ${made.who} ${made.why}`
    const act = acts.get(key)
    if (act) {
      act.times_us.push(made.time_us)
      act.changes.push(made)
    } else acts.set(key, { key, tag: made.tag, times_us: [made.time_us], text: made.why, who: made.who, changes: [made] })
  }
  for (const act of acts.values()) act.times_us.sort((a, b) => a - b)
  return [...found, ...acts.values()].sort((a, b) => b.times_us.at(-1)! - a.times_us.at(-1)!)
}

export function marks(found: readonly Entry[]): Mark[] {
  return found
    .flatMap(({ key, times_us, changes }) => times_us.map((time_us) => ({ key, time_us, note: !changes.length })))
    .sort((a, b) => a.time_us - b.time_us)
}

/** Marks that stand as one, at the middle of their places. */
export interface Cluster {
  x: number
  notes: number
  corrections: number
  lit: boolean
}

/**
 * Marks in the order of their places, those that would touch as one.
 *
 * `width` is what a cluster takes, in the units of `x`; two are apart when their halves do not overlap.
 */
export function clustered(
  placed: readonly { x: number; note: boolean; lit: boolean }[],
  width: (cluster: Cluster) => number,
): Cluster[] {
  const done: Cluster[] = []
  for (const { x, note, lit } of placed) {
    let last: Cluster = { x, notes: Number(note), corrections: Number(!note), lit }
    for (let before = done.at(-1); before && last.x - before.x < (width(before) + width(last)) / 2; before = done.at(-1)) {
      done.pop()
      const [n, m] = [before.notes + before.corrections, last.notes + last.corrections]
      last = {
        x: (before.x * n + last.x * m) / (n + m),
        notes: before.notes + last.notes,
        corrections: before.corrections + last.corrections,
        lit: before.lit || last.lit,
      }
    }
    done.push(last)
  }
  return done
}
