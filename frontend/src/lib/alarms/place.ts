/** Where a person was in the list when they went to another page: back there when they come back. */

import type { Place } from './cursor.svelte'

interface Left {
  search: string
  cursor: Place
  top: number
}

export const places: { left: Left | null } = { left: null }
