/** The keyboard of the alarm pages. Every key has a button too. */

export type Command =
  | 'acknowledge'
  | 'shelve'
  | 'unshelve'
  | 'reset'
  | 'assign'
  | 'note'
  | 'service'
  | 'open'
  | 'silence'
  | 'search'
  | 'keys'
  | 'select'
  | 'clear'
  | 'unfold'
  | 'fold'

export type Move = 'down' | 'up' | 'page_down' | 'page_up' | 'first' | 'last'

export const COMMAND_KEYS: Readonly<Record<string, Command>> = {
  a: 'acknowledge',
  s: 'shelve',
  u: 'unshelve',
  r: 'reset',
  i: 'assign',
  n: 'note',
  o: 'service',
  Enter: 'open',
  m: 'silence',
  '/': 'search',
  '?': 'keys',
  ' ': 'select',
  x: 'select',
  Escape: 'clear',
  ArrowRight: 'unfold',
  ArrowLeft: 'fold',
}

export const MOVE_KEYS: Readonly<Record<string, Move>> = {
  ArrowDown: 'down',
  j: 'down',
  ArrowUp: 'up',
  k: 'up',
  PageDown: 'page_down',
  PageUp: 'page_up',
  Home: 'first',
  End: 'last',
}

export interface Pressed {
  key: string
  shiftKey: boolean
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
}

export type Meaning = { command: Command } | { move: Move; ranging: boolean } | null

/** What a key means on the list. Shift with a movement draws the choice along; with the browser's own keys nothing is meant. */
export function meaning(pressed: Pressed): Meaning {
  if (pressed.ctrlKey || pressed.metaKey || pressed.altKey) return null
  const key = pressed.key.length === 1 ? pressed.key.toLowerCase() : pressed.key
  const move = MOVE_KEYS[key]
  if (move) return { move, ranging: pressed.shiftKey }
  const command = COMMAND_KEYS[key]
  return command ? { command } : null
}

/** Where the cursor goes from row `at` of `total`, `screenful` rows at a time. */
export function moved(at: number, move: Move, total: number, screenful: number): number {
  const to = { down: at + 1, up: at - 1, page_down: at + screenful, page_up: at - screenful, first: 0, last: total - 1 }[move]
  return Math.max(0, Math.min(total - 1, to))
}
