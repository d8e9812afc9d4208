/** Where goods stand in a furnace that they travel through: worked out from what went in and came out. */

/** Goods stand side by side in so many lanes that there are about this many behind one another. */
const LANE = 200
/** Goods of round numbers are named, so that one can be followed with the eye. */
const NAMED = 12

export interface Goods {
  /** Number of the one that came last, and of the one that goes next; they are counted from the first ever. */
  newest: number
  oldest: number
  /** Lanes side by side. */
  lanes: number
  /** Places from the entry, m, newest first: the one of number `newest - i` stands at `places[i]`. */
  places: number[]
}

/**
 * Places of what went in and has not come out.
 *
 * They stand evenly over what one travels while it stays, or over the whole length when that is not known; none beyond
 * the end.
 */
export function goodsInside(came: number, went: number, length_m: number, travelled_m: number | null): Goods | null {
  const inside = Math.round(came - went)
  if (!(inside > 0)) return null
  const lanes = Math.max(1, Math.round(inside / LANE))
  const rows = Math.ceil(inside / lanes)
  const apart = (travelled_m !== null && travelled_m > 0 ? travelled_m : length_m) / rows
  const rank = (i: number) => Math.floor(came / lanes) - Math.floor((came - i) / lanes)
  return {
    newest: came,
    oldest: went + 1,
    lanes,
    places: Array.from({ length: inside }, (_, i) => Math.min(length_m, (rank(i) + 0.5) * apart)),
  }
}

/** Metres that goods travel while they stay; null when a speed or time is not known or has another unit. */
export function travelled(speed: number | null, speedUnit: string, stay: number | null, stayUnit: string): number | null {
  const perMinute = ({ 'mm/min': 0.001, 'm/min': 1, 'm/h': 1 / 60, 'mm/s': 0.06, 'm/s': 60 } as Record<string, number>)[speedUnit]
  const minutes = ({ s: 1 / 60, min: 1, h: 60 } as Record<string, number>)[stayUnit]
  return speed === null || stay === null || perMinute === undefined || minutes === undefined ? null : speed * perMinute * stay * minutes
}

/** Numbers to name, at most about twelve: multiples of 10, 20, 50, 100 and so on, oldest first. */
export function namedGoods({ oldest, newest }: Pick<Goods, 'oldest' | 'newest'>): number[] {
  const least = Math.max(1, (newest - oldest + 1) / NAMED)
  const ten = 10 ** Math.floor(Math.log10(least))
  const step = [1, 2, 5, 10].map((times) => times * ten).find((each) => each >= least) ?? 10 * ten
  const found: number[] = []
  for (let number = Math.ceil(oldest / step) * step; number <= newest; number += step) found.push(number)
  return found
}
