/** Numbers of claims: in columns by their point, and inputs as they were written. */

import { decimalsFor, number } from '../format'
import type { Claim } from './types'

/** A number before and from its point, so that a column of them stands in line: `['18,946', '.76']`. */
export function parted(text: string): [string, string] {
  const at = text.indexOf('.')
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at)]
}

const DIGITS = 10
const written = new Intl.NumberFormat('en-US', { maximumSignificantDigits: DIGITS })

/** An input as it is written in the file, without zeros at its end: `42.8017`, `1,637,000,000`. */
export function plain(value: number): string {
  return written.format(value).replace('-', '−')
}

/** The text of a field; a hand writes a point and no commas. */
export function field(value: number): string {
  return String(Number(value.toPrecision(DIGITS)))
}

/** What was typed into a field, or null where it is no number. */
export function read(text: string): number | null {
  const value = Number(text.trim().replaceAll(',', '').replace('−', '-'))
  return text.trim() === '' || !Number.isFinite(value) ? null : value
}

/** A figure of the plant with the decimals of the figure that it stands beside; those of an input are those of its step. */
export function beside(claim: Claim, of: string, value: number | null): string {
  if (of === 'value') return number(value, claim.decimals)
  const step = claim.steps.find(({ name }) => name === of)
  if (step) return number(value, step.decimals)
  const by = claim.inputs.find(({ name }) => name === of)?.step
  return number(value, by ? Math.max(0, Math.ceil(-Math.log10(by) - 1e-9)) : decimalsFor(value ?? 0))
}

/** By how much a figure changed, in per cent; null where there is nothing to divide by. */
export function changePercent(before: number | null, now: number | null): number | null {
  return before === null || now === null || before === 0 ? null : (now / before - 1) * 100
}
