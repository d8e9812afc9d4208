/** The figures of the energy’s page: amounts are kept by the hour, powers are of a minute. */

import type { Kpi } from '../kpi/types'
import type { Energy } from './types'

/** All figures that the page shows. */
export function figuresOf(energy: Energy): Kpi[] {
  const some: (Kpi | null)[] = [
    energy.bought,
    energy.rest,
    ...energy.sites.flatMap(({ energy: used, power, specific }) => [used, power, ...specific]),
    ...energy.processes.flatMap(({ energy: taken, parts, left }) => [taken, ...parts, left]),
    energy.minute.drawn,
    energy.minute.factor,
    ...energy.steps.flatMap(({ power, within, running }) => [power, within, running]),
  ]
  return some.filter((kpi) => kpi !== null)
}

/** Whether a figure is kept by the hour, shift and day. */
export function isKept(energy: Energy, kpi: Kpi): boolean {
  return kpi.from_us !== energy.minute.from_us || kpi.to_us !== energy.minute.to_us || kpi.id === energy.minute.factor.id
}

/** A value that is shown with some decimals: what rounds to nothing has no sign. */
export function unsigned(value: number | null, decimals: number): number | null {
  return value !== null && Math.abs(value) < 0.5 * 10 ** -decimals ? 0 : value
}

/** A share of a whole, %, null where either is not known or there is no whole. */
export function percentOf(part: number | null, whole: number | null): number | null {
  return part === null || whole === null || whole <= 0 ? null : (100 * part) / whole
}
