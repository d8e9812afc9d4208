/** The question to the server about electric energy. */

import { ask } from '../api'
import type { WindowName } from '../kpi/types'
import type { Energy, NoEnergy } from './types'

export const energyApi = {
  of: (window: WindowName) => ask<Energy | NoEnergy>(`/api/energy?window=${window}`),
}
