/** What would still be drawn after each step of load shedding. */

import type { Step } from './types'

/** The power that is left after each step and all before it; what no meter tells is taken to free nothing. */
export function freed(drawn_mw: number | null, steps: readonly Pick<Step, 'power'>[]): (number | null)[] {
  let left = drawn_mw
  return steps.map(({ power }) => {
    if (left !== null && power?.value != null) left -= power.value
    return left
  })
}
