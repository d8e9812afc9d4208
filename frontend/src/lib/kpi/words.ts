/** What is said of a number, in the language of who asks. */

import { number } from '../format'
import type { Key } from '../i18n/en'
import { ARROWS, comparison } from './comparison'
import type { Kpi } from './types'

export type Translate = (key: Key, fill?: Record<string, string | number>) => string

/** As many decimals as a limit has, at most those of the value. */
function short(limit: number, decimals: number): string {
  return number(limit, Math.min(Math.max(0, decimals), (String(limit).split('.')[1] ?? '').length))
}

/** The plan or the target: `plan 32.0`, `at least 97`; nothing where there is none. */
export function againstWords({ plan, target, decimals }: Pick<Kpi, 'plan' | 'target' | 'decimals'>, t: Translate): string {
  if (plan !== null) return t('kpi.plan', { n: number(plan, decimals) })
  const { low = null, high = null } = target ?? {}
  if (low !== null && high !== null) return t('kpi.target.between', { low: short(low, decimals), high: short(high, decimals) })
  if (low !== null) return t('kpi.target.least', { low: short(low, decimals) })
  return high === null ? '' : t('kpi.target.most', { high: short(high, decimals) })
}

/** Against an earlier number: an arrow and words, null where one of the two is not known. */
export function changeWords(value: number | null, before: number | null, unit: string, decimals: number, t: Translate): { arrow: string; words: string } | null {
  const found = comparison(value, before, unit, decimals)
  if (!found) return null
  const arrow = ARROWS[found.direction]
  if (found.direction === 'same') return { arrow, words: t('kpi.same') }
  return { arrow, words: t(`kpi.${found.direction === 'more' ? 'higher' : 'lower'}.${found.as}`, { n: number(found.amount, found.decimals) }) }
}
