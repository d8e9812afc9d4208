/** What the API says of claims; a number that cannot be reckoned is null. */

import type { Text } from '../types'

/** The calm ones first. */
export const VERDICTS = ['ok', 'ok_if', 'loose', 'tension', 'broken'] as const
export type Verdict = (typeof VERDICTS)[number]

/** It can be tried from `low` to `high`; where they are the same it is a constant. */
export interface Input {
  name: string
  label: Text
  value: number
  unit: string
  low: number
  high: number
  step: number
  origin: 'published' | 'assumed' | 'calculated'
  /** Begins with its mark: A1 and A2 the articles, S:n looked up, C computed, K general knowledge, A assumed. */
  source: string
}

export interface Step {
  name: string
  label: Text
  value: number | null
  unit: string
  decimals: number
  formula: string
}

/** What the running plant says of the figure `of`: `value`, or the name of an input or step. */
export interface Live {
  kind: 'kpi' | 'headline' | 'flow'
  id: string
  scope: string
  of: string
  value: number | null
  unit: string
  at_us: number
  plan: number | null
}

export interface Slope {
  input: string
  per_unit: number | null
  /** By how many per cent the value moves with one per cent of the input. */
  elasticity: number | null
}

export interface Claim {
  id: string
  name: Text
  published: Text
  source: string
  inputs: Input[]
  steps: Step[]
  value: number | null
  unit: string
  decimals: number
  formula: string
  /** Null where that side is open. */
  band: { low: number | null; high: number | null }
  verdict: Verdict
  condition: Text | null
  why: Text
  sensitivity: Slope[]
  live: Live | null
  marks: string[]
  digest: string
}
