/** Where what serves a drawn unit stands along it, and how an arm reaches. */

import type { Beside, Unit } from '../types'

export interface Standing {
  at_m: number
  units: Unit[]
}

/**
 * The units beside the `nth` of `served` units by place, nearest the entry first.
 *
 * Each served unit has as many as there are places; the last has what is left over, at the places from the first on.
 */
export function standing({ at_m }: Pick<Beside, 'at_m'>, units: readonly Unit[], nth: number, served: number): Standing[] {
  const places = new Map<number, Unit[]>()
  units.forEach((unit, i) => {
    if (Math.min(served - 1, Math.floor(i / at_m.length)) !== nth) return
    const at = at_m[i % at_m.length] ?? 0
    places.set(at, [...(places.get(at) ?? []), unit])
  })
  return [...places].sort(([a], [b]) => a - b).map(([at, found]) => ({ at_m: at, units: found }))
}

export interface Point {
  x: number
  y: number
}

const UPPER = 1
const FORE = 1.1
const SHOULDER = 0.6
const turned = (degrees: number) => (degrees * Math.PI) / 180

/**
 * Foot, shoulder, elbow and wrist of an arm seen from the side, y upwards, in lengths of its upper arm.
 *
 * Joint 1 turns it to the right from 0 on and to the left below; joint 2 leans the upper arm forward from upright; joint 3
 * raises the forearm above the level. Null when one of them is not known.
 */
export function armPoints([turn, lean, rise]: readonly (number | null | undefined)[]): Point[] | null {
  if (turn == null || lean == null || rise == null) return null
  const way = turn < 0 ? -1 : 1
  const elbow = { x: way * UPPER * Math.sin(turned(lean)), y: SHOULDER + UPPER * Math.cos(turned(lean)) }
  const wrist = { x: elbow.x + way * FORE * Math.cos(turned(rise)), y: elbow.y + FORE * Math.sin(turned(rise)) }
  return [{ x: 0, y: 0 }, { x: 0, y: SHOULDER }, elbow, wrist]
}
