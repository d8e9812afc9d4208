/** What is tried of a claim: in the address, beside what is written, and which input matters how much. */

import { field } from './figure'
import type { Claim, Input, Live, Slope } from './types'

export type Changes = Readonly<Record<string, number>>

export const canMove = (input: Input) => input.low < input.high

/** `?try=efficiency:70,s03_cells:66`: the inputs that differ from what is written; what cannot be tried is left out. */
export function triedIn(query: URLSearchParams, claim: Claim): Changes {
  const changes: Record<string, number> = {}
  for (const part of (query.get('try') ?? '').split(',')) {
    const [name, text] = part.split(':')
    const input = claim.inputs.find((each) => each.name === name)
    const value = Number(text)
    if (input && text && value >= input.low && value <= input.high && value !== input.value) changes[input.name] = value
  }
  return changes
}

export function asAsked(changes: Changes): string | null {
  return Object.entries(changes).map(([name, value]) => `${name}:${field(value)}`).join(',') || null
}

/** The changes with one input moved; back at what is written it is none. */
export function moved(changes: Changes, written: Input, value: number): Changes {
  const { [written.name]: _, ...others } = changes
  const within = Math.min(written.high, Math.max(written.low, value))
  return within === written.value ? others : { ...others, [written.name]: within }
}

export interface Moving {
  input: Input
  slope: Slope | undefined
  /** The bar of a tornado: per cent of the longest, to the left where the value falls. */
  bar: number
}

/** Inputs by how strongly the value moves with them, the strongest first; those of equal weight as in the file. */
export function byWeight(claim: Claim): Moving[] {
  const slopes = new Map(claim.sensitivity.map((slope) => [slope.input, slope]))
  const weight = (input: Input) => Math.abs(slopes.get(input.name)?.elasticity ?? 0)
  const most = Math.max(...claim.inputs.map(weight))
  return claim.inputs
    .map((input) => {
      const slope = slopes.get(input.name)
      return { input, slope, bar: most ? ((slope?.elasticity ?? 0) / most) * 100 : 0 }
    })
    .sort((a, b) => Math.round((weight(b.input) - weight(a.input)) * 1e9) || Number(canMove(b.input)) - Number(canMove(a.input)))
}

/** What of an answer is another figure than was written, by name; `value`, `low`, `high` and `verdict` are of the claim itself. */
export function differing(written: Claim, now: Claim): Set<string> {
  const names = new Set<string>()
  if (written.value !== now.value) names.add('value')
  if (written.band.low !== now.band.low) names.add('low')
  if (written.band.high !== now.band.high) names.add('high')
  if (written.verdict !== now.verdict) names.add('verdict')
  for (const part of ['inputs', 'steps'] as const)
    for (const each of now[part]) if (written[part].find(({ name }) => name === each.name)?.value !== each.value) names.add(each.name)
  return names
}

/** Where the proof of a live value is: that of a headline on the wall, of a key figure on its page, a flow at the site it comes from. */
export function proofOf(live: Live): string {
  if (live.kind === 'headline') return `/?proof=${live.id}`
  if (live.kind === 'kpi') return `/kpi${live.scope && `/${live.scope.split('.')[0]}`}?window=now&proof=${live.id}@${live.scope}`
  return `/?proof=flow.${live.id}@`
}
