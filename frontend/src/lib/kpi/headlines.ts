/** The wall's headlines and the key figures that are the same: of one site, in one unit of measure, with one plan of the day. */

import type { HeadlineModel } from '../types'
import type { Forecast, Kpi } from './types'

/** Where the key figures of the day say that headlines will end, with their bands, by the headline's id. */
export function endsOf(headlines: readonly Pick<HeadlineModel, 'id' | 'site' | 'unit' | 'plan'>[], kpis: readonly Kpi[]): Map<string, Forecast> {
  const found = new Map<string, Forecast>()
  for (const { id, site, unit, plan } of headlines) {
    const same = kpis.filter((kpi) => kpi.scope === site && kpi.unit === unit && kpi.plan !== null && Math.abs(kpi.plan - plan) < 1e-6 * plan)
    const forecast = same.length === 1 ? same[0]?.forecast : null
    if (forecast) found.set(id, forecast)
  }
  return found
}
