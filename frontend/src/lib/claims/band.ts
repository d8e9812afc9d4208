/** Where a claim's value lies beside its band, as percentages of a line. */

export interface Figures {
  value: number | null
  band: { low: number | null; high: number | null }
}

/** What the line spans. It is that of the figures as they are written, so that what is tried moves and the line does not. */
export interface Span {
  from: number
  to: number
}

/** Room beside the outermost of value and ends, as a share of what lies between them. */
const ROOM = 0.25

export function spanOf({ value, band }: Figures): Span {
  const known = [value, band.low, band.high].filter((each) => each !== null)
  const [least, most] = known.length ? [Math.min(...known), Math.max(...known)] : [0, 1]
  const room = (most - least || Math.abs(most) || 1) * ROOM
  return { from: least - room, to: most + room }
}

/** Where something lies on the line, and whether that is beyond its end. */
export interface Point {
  at: number
  beyond: 'low' | 'high' | null
}

export function pointOn(span: Span, value: number | null): Point | null {
  if (value === null) return null
  const at = ((value - span.from) / (span.to - span.from)) * 100
  return { at: Math.min(100, Math.max(0, at)), beyond: at < 0 ? 'low' : at > 100 ? 'high' : null }
}

/** The band on the line; a side without an end runs out to the line's own end. */
export interface Drawn {
  from: number
  to: number
  open: { low: boolean; high: boolean }
}

export function bandOn(span: Span, { low, high }: Figures['band']): Drawn {
  return {
    from: pointOn(span, low)?.at ?? 0,
    to: pointOn(span, high)?.at ?? 100,
    open: { low: low === null, high: high === null },
  }
}
