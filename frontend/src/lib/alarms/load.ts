/** The load of a position over time, as bars. Counts are drawn by their logarithm: 1 and 600 must both be seen. */

export interface Bar {
  /** Share of the width. */
  x: number
  width: number
  /** Share of the height. */
  height: number
  count: number
  /** Ten-minute spans that the bar stands for. */
  spans: number
}

/** Bars that a picture shows side by side. */
export const MOST_BARS = 240

/** One bar for each ten minutes, or for the worst of several where there are too many to see. */
export function bars(per_10_min: readonly number[], highest: number): Bar[] {
  const spans = Math.max(1, Math.ceil(per_10_min.length / MOST_BARS))
  const found: Bar[] = []
  for (let at = 0; at < per_10_min.length; at += spans) {
    const part = per_10_min.slice(at, at + spans)
    const count = Math.max(...part)
    found.push({ x: at / per_10_min.length, width: part.length / per_10_min.length, height: heightOf(count, highest), count, spans })
  }
  return found
}

export function heightOf(count: number, highest: number): number {
  return highest <= 0 ? 0 : Math.min(1, Math.log1p(count) / Math.log1p(highest))
}

/** What a scale must reach: the worst that was, and always the flood. */
export function highestOf(loads: readonly { most_per_10_min: number }[], flood_from: number): number {
  return Math.max(flood_from + 3, ...loads.map((load) => load.most_per_10_min))
}
