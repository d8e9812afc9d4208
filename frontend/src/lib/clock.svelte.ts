/** The server's clock as last heard, carried on by our own, and one tick a second for ages. */

class Clock {
  #offset_us = 0
  /** Server time now, µs; moves once a second so that ages on a page change together. */
  now_us = $state(Date.now() * 1000)

  start(): void {
    setInterval(() => (this.now_us = this.read()), 1000)
  }

  heard(server_us: number): void {
    this.#offset_us = server_us - Date.now() * 1000
  }

  read(): number {
    return Date.now() * 1000 + this.#offset_us
  }
}

export const clock = new Clock()
