/** What is said of a balance: whether it closes, what does not fit, and numbers with what they may be off by. */

import { number } from '../format'
import type { Key } from '../i18n/en'
import type { Text } from '../types'
import type { Closing, GrossError, SheetNode, SheetStream } from './types'

export type Verdict = 'closes' | 'open' | 'silent'

/** Nothing can be said where no balance has meters on all its streams. */
export function verdictOf(closing: Closing | null): Verdict {
  if (closing === null || closing.degrees === 0) return 'silent'
  return closing.suspicious ? 'open' : 'closes'
}

/** Decimals that show a quantity of `decimals` together with its smallest uncertainty, at most two more. */
export function decimalsWith(decimals: number, sigmas: readonly (number | null)[]): number {
  const known = sigmas.filter((each): each is number => each !== null && each > 0)
  if (known.length === 0) return decimals
  return Math.min(decimals + 2, Math.max(decimals, Math.ceil(-Math.log10(Math.min(...known)))))
}

/** `+1.2`, `−0.3`, and `0.0` without a sign. */
export function signed(value: number | null, decimals: number): string {
  const text = number(value, decimals)
  if (value === null || value <= 0) return /[1-9]/.test(text) || value === null ? text : text.replace('−', '')
  return /[1-9]/.test(text) ? `+${text}` : text
}

/** `+1.2 ± 0.3 t (+3.1 %)`; of swapped meters the share that stands for the other. */
export function estimateWords(error: GrossError, closing: Closing, unit: string, decimals: number): string {
  if (error.kind === 'swap') return `${number(100 * error.estimate, 0)} ± ${number(100 * error.sigma, 0)} %`
  const shown = decimalsWith(decimals, [error.sigma])
  const amount = `${signed(error.estimate, shown)} ± ${number(error.sigma, shown)} ${unit}`
  const percent = error.percent ?? (closing.came ? (100 * error.estimate) / closing.came : null)
  return percent === null ? amount : `${amount} (${signed(percent, Math.abs(percent) < 10 ? 1 : 0)} %)`
}

/** What the percentage of an estimate is of. */
export function percentOf(error: GrossError): Key | null {
  return error.kind === 'swap' ? null : error.percent !== null ? 'balance.percent.flow' : 'balance.percent.came'
}

/** What is said at a stream or node that a named error is about. */
export function remark(id: string, of: 'stream' | 'node', errors: readonly GrossError[]): Key | null {
  for (const { kind, first, second, estimate } of errors) {
    const streams = kind === 'bias' || kind === 'swap'
    if (id === '' || (of === 'stream') !== streams || (first !== id && second !== id)) continue
    if (kind === 'swap') return 'balance.mark.swapped'
    if (kind === 'bypass') return 'balance.mark.bypass'
    if (kind === 'bias') return estimate > 0 ? 'balance.mark.much' : 'balance.mark.little'
    return estimate > 0 ? 'balance.mark.loses' : 'balance.mark.gains'
  }
  return null
}

/** The class of a stream, in words: a meter that said too little has none. */
export function classOf(stream: Pick<SheetStream, 'class' | 'figure' | 'reading'>): Key {
  return stream.figure !== null && stream.reading === null && stream.class !== 'unobservable' ? 'balance.class.silent' : `balance.class.${stream.class}`
}

/** Whether a statistic is beyond its limit, either way. */
export function beyond(one: Pick<SheetNode, 'statistic'>, limit: number): boolean {
  return one.statistic !== null && Math.abs(one.statistic) > limit
}

/** Where a statistic stands on a bar from −1 to 1, whose limits are at ±½. */
export function onBar(statistic: number, limit: number): number {
  return Math.max(-1, Math.min(1, statistic / (2 * limit)))
}

/** Where χ² stands on a bar from 0 to 1: linear to the limit at ½, then ever slower, so that none runs out of it. */
export function chiOnBar(objective: number, limit: number): number {
  const share = limit > 0 ? Math.max(0, objective) / limit : 0
  return share <= 1 ? share / 2 : 1 - 0.5 / share
}

/** Names one after another, each once, `except` left out. */
export function listed(texts: readonly Text[], say: (text: Text) => string, except: Text): string[] {
  return [...new Set(texts.map(say))].filter((text) => text !== say(except))
}
