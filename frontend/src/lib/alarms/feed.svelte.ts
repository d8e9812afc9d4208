/** What is known of all alarms on every page: counts, the loudest, what is new. */

import { clock } from '../clock.svelte'
import { unacknowledged } from './counts'
import { follow, type Said } from './stream'
import type { AlarmFrame, AlarmRow } from './types'
import { voice } from './voice.svelte'

/** Alarms that were heard already and may come again after a stream is opened anew. */
const REMEMBERED = 400

class Feed {
  frame = $state.raw<AlarmFrame | null>(null)
  lost = $state(false)
  heard_us = $state(0)
  /** Grows with every change of the alarms that are shown. A frame comes every second, changed or not. */
  changes = $derived(this.frame?.changes ?? -1)
  /** What is not acknowledged, by priority. */
  unacknowledged = $derived(this.frame ? unacknowledged(this.frame.counts) : null)
  #seen: string[] = []
  #stop: (() => void) | null = null

  start(): void {
    this.#stop = shared((said) => this.#take(said)) ?? follow((said) => this.#take(said))
    addEventListener('pagehide', () => this.#stop?.())
    addEventListener('pageshow', (event) => event.persisted && location.reload())
  }

  #take(said: Said): void {
    if ('lost' in said) return void (this.lost = true)
    const frame = said.frame
    const fresh = frame.newest.filter((row) => !this.#seen.includes(key(row)))
    this.#seen = [...this.#seen, ...fresh.map(key)].slice(-REMEMBERED)
    this.lost = false
    this.frame = frame
    this.heard_us = clock.read()
    voice.hear({ loudest: frame.loudest, fresh: fresh.map((row) => row.priority) })
  }
}

const key = (row: AlarmRow) => `${row.alarm}#${row.number}`

/** The stream from the worker that all windows share; null where the browser has no shared workers. */
function shared(take: (said: Said) => void): (() => void) | null {
  if (typeof SharedWorker === 'undefined') return null
  const worker = new SharedWorker(new URL('./stream.worker.ts', import.meta.url), { type: 'module', name: 'didymium-alarms' })
  let own: (() => void) | null = null
  worker.onerror = () => (own ??= follow(take))
  worker.port.onmessage = (event: MessageEvent<Said>) => take(event.data)
  return () => {
    worker.port.postMessage('leave')
    own?.()
  }
}

export const feed = new Feed()
