/** What is typed into a box whose words stand in the address too. */

import { untrack } from 'svelte'

const REST_MS = 250

/**
 * The words go to the address when the hand rests, and come back from it after a step back: only when the address says other
 * words than before, so that nothing else of the address takes away what is being typed. For a component's beginning.
 */
export class Typed {
  text = $state('')

  constructor(said: () => string, put: (text: string) => void) {
    this.text = untrack(said)
    const words = $derived(said())
    $effect(() => {
      const typed = this.text.trim()
      const timer = setTimeout(() => typed !== words && put(typed), REST_MS)
      return () => clearTimeout(timer)
    })
    $effect(() => {
      const asked = words
      untrack(() => asked !== this.text.trim() && (this.text = asked))
    })
  }
}
