/** Questions to the server about balances. */

import { ask, range } from '../api'
import type { Range } from '../trend'
import type { Balances, Sheet, Span } from './types'

/** A window by its name, or a stretch of time. */
export type Asked = Span | Range

const windowOf = (asked: Asked) => (typeof asked === 'string' ? `window=${asked}` : range(asked.from_us, asked.to_us))

export const balanceApi = {
  all: (window: Span) => ask<Balances>(`/api/balances?window=${window}`),
  sheet: (id: string, asked: Asked) => ask<Sheet>(`/api/balances/sheet?sheet=${encodeURIComponent(id)}&${windowOf(asked)}`),
  /** Reckoned once more from what is stored. */
  anew: (id: string, asked: Asked) => ask<Sheet>(`/api/balances/sheet?sheet=${encodeURIComponent(id)}&${windowOf(asked)}&anew=true`),
}
