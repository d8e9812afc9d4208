/** Asks the server again when what its answer depends on has changed, and no more often than there is need. */

import { untrack } from 'svelte'

/** One question, asked over and over: never twice at once, and `rest_ms` apart. */
export class Asking {
  #asked_ms = -Infinity
  #asking = false
  #wanted = false
  #over = false
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly #rest_ms: number
  readonly #ask: () => Promise<boolean>

  /** `ask` tells whether an answer came; where none did it is asked again by itself. */
  constructor(rest_ms: number, ask: () => Promise<boolean>) {
    this.#rest_ms = rest_ms
    this.#ask = ask
  }

  /** What is asked about has changed: asks at once, or when the rest is over; after the answer that is under way. */
  soon(): void {
    this.#wanted = true
    if (this.#asking || this.#timer !== undefined) return
    this.#timer = setTimeout(() => void this.#look(), Math.max(0, this.#asked_ms + this.#rest_ms - performance.now()))
  }

  /** Without waiting for the rest. */
  now(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#asked_ms = -Infinity
    this.soon()
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#over = true
  }

  async #look(): Promise<void> {
    this.#timer = undefined
    this.#asked_ms = performance.now()
    this.#asking = true
    this.#wanted = false
    const answered = await this.#ask()
    this.#asking = false
    if ((this.#wanted || !answered) && !this.#over) this.soon()
  }
}

/** Asks when a component begins and whenever what `watched` reads has changed, until the component ends. */
export function whenChanged(watched: () => unknown, rest_ms: number, ask: () => Promise<boolean>): Asking {
  const asking = new Asking(rest_ms, ask)
  $effect(() => {
    watched()
    untrack(() => asking.soon())
  })
  $effect(() => () => asking.end())
  return asking
}
