/** Something asked of the server once: loading, there, or failed with a word why. */

import { ApiError, type Fault } from './api'

const SLOW_MS = 150
const AGAIN_MS = 4000

export class Resource<T> {
  value = $state.raw<T | null>(null)
  fault = $state<Fault | null>(null)
  detail = $state('')
  /** True once the answer has taken long enough that the eye wants to know. */
  slow = $state(false)
  #asking = false
  readonly #question: () => Promise<T>

  constructor(question: () => Promise<T>) {
    this.#question = question
  }

  /** Asks unless it is there or under way, and again by itself after a failure. */
  want(): void {
    if (this.value === null) void this.again()
  }

  /** Asks, and tells whether the answer to this question came. */
  async again(): Promise<boolean> {
    if (this.#asking) return false
    this.#asking = true
    const timer = setTimeout(() => (this.slow = true), SLOW_MS)
    try {
      this.value = await this.#question()
      this.fault = null
      return true
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      this.fault = error.fault
      this.detail = error.detail
      if (this.value === null) setTimeout(() => this.want(), AGAIN_MS)
      return false
    } finally {
      clearTimeout(timer)
      this.slow = false
      this.#asking = false
    }
  }
}
