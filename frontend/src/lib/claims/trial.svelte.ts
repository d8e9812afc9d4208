/** One claim that is tried: what is changed, what the server makes of it, and how long that took. */

import { tick } from 'svelte'
import { ApiError, type Fault } from '../api'
import { Asking } from '../asking.svelte'
import { claimsApi } from './ask'
import { moved, type Changes } from './trying'
import type { Claim, Input } from './types'

/** Answers are drawn no more often than a screen shows them. */
const REST_MS = 16
/** Until a server that does not answer is asked again. */
const AGAIN_MS = 2000

/** What a test that was made again came to. */
export interface Again {
  same: boolean
  before: string
  digest: string
}

export class Trial {
  changes = $state.raw<Changes>({})
  /** The newest answer; null before the first. */
  told = $state.raw<Claim | null>(null)
  /** From the hand's move to the drawn answer. */
  took_ms = $state<number | null>(null)
  /** Why there is no newer answer; `words` are the server's own, where it refused. */
  trouble = $state.raw<{ fault: Fault; words: string } | null>(null)
  again = $state.raw<Again | null>(null)
  readonly #id: string
  readonly #asking: Asking
  #moved_ms = 0

  constructor(id: string, changes: Changes) {
    this.#id = id
    this.changes = changes
    this.#asking = new Asking(REST_MS, () => this.#ask())
    if (Object.keys(changes).length) this.#ask_soon()
  }

  get trying(): boolean {
    return Object.keys(this.changes).length > 0
  }

  move(written: Input, value: number): void {
    this.changes = moved(this.changes, written, value)
    this.#ask_soon()
  }

  reset(): void {
    this.changes = {}
    this.#ask_soon()
  }

  /** The same test once more; it says whether the same bits come. */
  async recompute(shown: Claim): Promise<void> {
    const changes = this.changes
    const began_ms = performance.now()
    const told = await this.#told(changes)
    if (!told || changes !== this.changes) return
    this.again = { same: told.digest === shown.digest, before: shown.digest, digest: told.digest }
    await this.#drawn(began_ms)
  }

  end(): void {
    this.#asking.end()
  }

  #ask_soon(): void {
    this.again = null
    this.#moved_ms = performance.now()
    this.#asking.soon()
  }

  /** The newest move wins: an answer to an older one is shown meanwhile, and it is asked again. */
  async #ask(): Promise<boolean> {
    const began_ms = this.#moved_ms
    const told = await this.#told(this.changes)
    if (told) {
      this.told = told
      await this.#drawn(began_ms)
    } else if (this.trouble?.fault !== 'refused') {
      await new Promise((rested) => setTimeout(rested, AGAIN_MS))
      return false
    }
    return true
  }

  async #told(changes: Changes): Promise<Claim | null> {
    try {
      const told = await claimsApi.try(this.#id, changes)
      this.trouble = null
      return told
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      this.trouble = { fault: error.fault, words: error.words }
      return null
    }
  }

  /** The frame in which an answer is drawn, and then the moment after it. */
  async #drawn(began_ms: number): Promise<void> {
    await tick()
    requestAnimationFrame(() => setTimeout(() => (this.took_ms = performance.now() - began_ms)))
  }
}
