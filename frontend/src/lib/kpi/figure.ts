/** Numbers as a column writes them: cut at the decimal point, so that points stand under one another. */

import { number } from '../format'

export interface Figure {
  /** Up to the point: `−1,204`. */
  whole: string
  /** From the point on: `.25`, or nothing. */
  fraction: string
}

export function figure(value: number | null | undefined, decimals: number): Figure {
  const text = number(value, decimals)
  const at = text.indexOf('.')
  return at < 0 ? { whole: text, fraction: '' } : { whole: text.slice(0, at), fraction: text.slice(at) }
}

export interface Room {
  whole: number
  fraction: number
}

/** Characters that the widest parts of a column need. Separators are narrow: three of them take the room of one digit. */
export function roomFor(figures: Iterable<Figure>): Room {
  const room: Room = { whole: 1, fraction: 0 }
  for (const { whole, fraction } of figures) {
    const separators = whole.split(',').length - 1
    room.whole = Math.max(room.whole, whole.length - separators + Math.ceil(separators / 3))
    room.fraction = Math.max(room.fraction, fraction.length)
  }
  return room
}

/** A share as a percentage that never rounds up to whole: 99.96 % is written 99.9. */
export function sharePercent(share: number): string {
  const percent = Math.floor(share * 1000 + 1e-9) / 10
  return percent >= 100 ? '100' : percent.toFixed(percent >= 99 ? 1 : 0)
}
