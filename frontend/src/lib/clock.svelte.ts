/** The server's clock as last heard, carried on by our own, and one tick a second for ages. */

/** Frames over which the offset is taken: a frame can come late, never early, so the largest offset is the truest. */
const HEARD = 8
const JUMP_US = 2e6

class Clock {
  #offsets_us: number[] = []
  /** Server time now, µs; moves once a second so that ages on a page change together. */
  now_us = $state(Date.now() * 1000)

  start(): void {
    setInterval(() => (this.now_us = this.read()), 1000)
  }

  heard(server_us: number): void {
    this.#offsets_us = [...this.#offsets_us.slice(1 - HEARD), server_us - Date.now() * 1000]
    if (Math.abs(this.read() - this.now_us) > JUMP_US) this.now_us = this.read()
  }

  read(): number {
    return Date.now() * 1000 + (this.#offsets_us.length ? Math.max(...this.#offsets_us) : 0)
  }
}

export const clock = new Clock()
