/** What is said of a number against its plan or target, as a mark and a word. */

import type { MarkState } from '../../components/Mark.svelte'
import type { Kpi, Verdict } from './types'

export const VERDICTS: readonly Verdict[] = ['bad', 'warn', 'unknown', 'ok']

/** Shapes as everywhere: square = well, triangle = near its edge, diamond = outside. */
export const MARK_OF: Record<Verdict, MarkState> = { ok: 'ok', warn: 'warning', bad: 'alarm', unknown: 'unknown' }

/** A number without plan and target is not judged; that is no fault of the data. */
export function judged(kpi: Kpi): boolean {
  return kpi.plan !== null || aimed(kpi)
}

/** A target goes before a plan. */
function aimed({ target }: Kpi): boolean {
  return target !== null && (target.low !== null || target.high !== null)
}

/** The key of the word, `kpi.verdict.bad.plan`: what missed a plan is not said like what left its target. */
export function verdictKey(kpi: Kpi) {
  if (kpi.value === null) return 'kpi.verdict.none'
  if (!judged(kpi)) return 'kpi.verdict.free'
  if (kpi.verdict === 'unknown') return 'kpi.verdict.unknown'
  return `kpi.verdict.${kpi.verdict}.${aimed(kpi) ? 'target' : 'plan'}` as const
}

/** How many numbers have each verdict; those that are not judged are left out. */
export function tallied(kpis: readonly Kpi[]): Record<Verdict, number> {
  const counts: Record<Verdict, number> = { ok: 0, warn: 0, bad: 0, unknown: 0 }
  for (const kpi of kpis) if (kpi.value === null) counts.unknown += 1
  else if (judged(kpi)) counts[kpi.verdict] += 1
  return counts
}

/** Readings below this share make a number that must not be read as whole. */
export const WHOLE = 0.995

export function incomplete(kpi: Kpi): boolean {
  return kpi.value !== null && kpi.complete !== null && kpi.complete < WHOLE
}
