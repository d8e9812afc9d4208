/** Words of a tag's states in the language of the screen. */

import type { TagColumns } from './types'
import type { Language } from './prefs.svelte'

/** The labels of a tag by value; none for a tag that has none. */
export function labelsOf(tags: Pick<TagColumns, 'labels' | 'labels_zh'>, row: number, language: Language): string[] {
  return (language === 'zh' ? tags.labels_zh[row] : tags.labels[row]) ?? []
}

/** Characters that a word takes in a column of figures; a Chinese one takes two. */
export function charactersOf(word: string): number {
  return [...word].reduce((sum, character) => sum + ((character.codePointAt(0) ?? 0) >= 0x2e80 ? 2 : 1), 0)
}
