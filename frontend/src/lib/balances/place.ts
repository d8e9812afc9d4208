/** What is written in a place of the flow sheet. */

import { number } from '../format'
import type { Key } from '../i18n/en'
import type { Text } from '../types'
import { BOX_WIDTH, NARROW, wrapped } from './layout'
import type { ClosedSheet, SheetNode, SheetStream } from './types'
import { beyond, decimalsWith, remark, signed } from './words'

export const FONT = 12
export const LINE = 15
const PADDING = 7
/** Room that the mark of a unit's state takes from the name. */
const MARK = 16

export interface PlaceWords {
  name: string[]
  /** What its meters miss, and what it has gained of what it holds. */
  words: string[]
  /** What is abnormal. */
  remarks: string[]
  /** Whether what it misses is beyond its limit. */
  off: boolean
  /** Whether a named error is about it. */
  named: boolean
}

interface Tongue {
  t: (key: Key, fill?: Record<string, string | number>) => string
  say: (text: Text) => string
}

export function placeWords(sheet: ClosedSheet, node: SheetNode, held: SheetStream | undefined, { t, say }: Tongue): PlaceWords {
  const { decimals, nodes_limit, closing } = sheet
  const own = remark(node.id, 'node', closing.errors)
  const gauged = held ? remark(held.id, 'stream', closing.errors) : null
  const off = beyond(node, nodes_limit)
  const missing = t('balance.diagram.missing', { n: signed(node.imbalance, decimals), sigma: number(node.sigma, decimalsWith(decimals, [node.sigma])) })
  return {
    name: wrapped(say(node.name), BOX_WIDTH - 2 * PADDING - (node.unit ? MARK : 0), (FONT + 1) * NARROW),
    words: [node.imbalance === null ? t('balance.diagram.unmetered') : missing, ...(held ? [t('balance.diagram.held', { n: signed(held.reading, decimals) })] : [])],
    remarks: [...(own ? [t(own)] : off ? [t('balance.diagram.beyond')] : []), ...(gauged ? [t('balance.mark.gauged')] : [])],
    off,
    named: own !== null || gauged !== null,
  }
}

/** The least height of a place that holds its words. */
export function heightOf({ name, words, remarks }: PlaceWords): number {
  return (name.length + words.length + remarks.length) * LINE + 2 * PADDING
}
