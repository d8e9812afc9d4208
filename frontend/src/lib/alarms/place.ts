/** Where a person was in the list when they went to another page: back there when they come back. */

interface Left {
  search: string
  cursor: { at: number; alarm: string | null }
  top: number
}

class Places {
  left: Left | null = null
}

export const places = new Places()
