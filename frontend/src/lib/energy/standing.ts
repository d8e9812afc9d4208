/** How a power stands against cap and contract. */

import type { MarkState } from '../../components/Mark.svelte'
import type { Contract } from './types'

export type Standing = 'within' | 'over_cap' | 'over_contract' | 'unknown'

export function standing(mw: number | null, { cap_mw, power_mw }: Pick<Contract, 'cap_mw' | 'power_mw'>): Standing {
  if (mw === null) return 'unknown'
  if (mw > power_mw) return 'over_contract'
  return mw > cap_mw ? 'over_cap' : 'within'
}

export const MARK_OF: Record<Standing, MarkState> = { within: 'ok', over_cap: 'warning', over_contract: 'alarm', unknown: 'unknown' }
