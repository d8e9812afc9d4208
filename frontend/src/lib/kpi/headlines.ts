/** The wall's headlines and the key figures that are the same: of one site, in one unit of measure, with one plan of the day. */

import type { HeadlineModel } from '../types'
import type { Kpi } from './types'

/** The key figures of the day by the ids of the headlines that they are; a headline that two could be has none. */
export function figuresOf(headlines: readonly Pick<HeadlineModel, 'id' | 'site' | 'unit' | 'plan'>[], kpis: readonly Kpi[]): Map<string, Kpi> {
  const found = new Map<string, Kpi>()
  for (const { id, site, unit, plan } of headlines) {
    const same = kpis.filter((kpi) => kpi.scope === site && kpi.unit === unit && kpi.plan !== null && Math.abs(kpi.plan - plan) < 1e-6 * plan)
    if (same.length === 1 && same[0]) found.set(id, same[0])
  }
  return found
}
