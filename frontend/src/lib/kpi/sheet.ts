/** The sheet of the complex: numbers by site and group, and sites by column. */

import { GROUPS, type Group, type Kpi, type Verdict } from './types'
import { judged } from './verdict'

export interface GroupRows {
  group: Group
  kpis: Kpi[]
}

export interface Block {
  /** Site id, or the unit's path. */
  scope: string
  groups: GroupRows[]
  rows: number
}

/** The numbers of each scope, scopes in the plant's order, the whole complex first; groups in their fixed order. */
export function blocks(kpis: readonly Kpi[], order: readonly string[]): Block[] {
  const scopes = new Map<string, Kpi[]>()
  for (const kpi of kpis) {
    const known = scopes.get(kpi.scope)
    if (known) known.push(kpi)
    else scopes.set(kpi.scope, [kpi])
  }
  const place = new Map(order.map((scope, i) => [scope, i]))
  const sorted = [...scopes].sort(([a], [b]) => (place.get(a) ?? -1) - (place.get(b) ?? -1))
  return sorted.map(([scope, of]) => ({
    scope,
    groups: GROUPS.map((group) => ({ group, kpis: of.filter((kpi) => kpi.group === group) })).filter(({ kpis }) => kpis.length),
    rows: of.length,
  }))
}

export interface Choice {
  group: Group | null
  verdict: Verdict | null
}

/** The numbers that a choice leaves. */
export function chosen(kpis: readonly Kpi[], { group, verdict }: Choice): Kpi[] {
  return kpis.filter(
    (kpi) =>
      (group === null || kpi.group === group) &&
      (verdict === null || (kpi.value === null ? verdict === 'unknown' : judged(kpi) && kpi.verdict === verdict)),
  )
}

/** Each block goes to the shortest column so far, so that reading order goes across, then down. */
export function packed<T>(items: readonly T[], columns: number, height: (item: T) => number): T[][] {
  const found: T[][] = Array.from({ length: Math.max(1, columns) }, () => [])
  const heights = found.map(() => 0)
  for (const item of items) {
    const at = heights.indexOf(Math.min(...heights))
    found[at]!.push(item)
    heights[at]! += height(item)
  }
  return found
}
