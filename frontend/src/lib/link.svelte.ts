/** The one event stream of the page that is open, and what is known of the connection. */

import { clock } from './clock.svelte'
import type { DataHealth, Frame, Wall } from './types'

/** `live` once values have come, not when a socket is open. */
export type LinkState = 'connecting' | 'live' | 'lost'

export interface Listener {
  frame?: (frame: Frame) => void
  wall?: (wall: Wall) => void
  health?: (health: DataHealth) => void
}

/** A stream that says nothing for this long is asked for again: a dead cable makes no error. */
const SILENT_MS = 8000
const REOPEN_MS = 1000

class Link {
  state = $state<LinkState>('connecting')
  /** When the last message came, µs of the server's clock. */
  heard_us = $state(0)
  #source: EventSource | null = null
  #group = ''
  #listener: Listener = {}
  #heard_ms = 0
  #reopen: ReturnType<typeof setTimeout> | undefined

  start(): void {
    setInterval(() => this.#watch(), 1000)
    addEventListener('online', () => this.#open())
  }

  /** Listens to `group` from now on instead of what was listened to before. Returns what ends it. */
  listen(group: string, listener: Listener): () => void {
    this.#group = group
    this.#listener = listener
    this.#open()
    return () => {
      if (this.#listener !== listener) return
      this.#close()
      this.#group = ''
    }
  }

  #close(): void {
    clearTimeout(this.#reopen)
    this.#source?.close()
    this.#source = null
  }

  #open(): void {
    this.#close()
    if (!this.#group) return
    const source = new EventSource(`/api/events?group=${encodeURIComponent(this.#group)}`)
    const listener = this.#listener
    this.#source = source
    this.#heard_ms = performance.now()
    const on = <T>(name: string, take: ((data: T) => void) | undefined) =>
      source.addEventListener(name, (event) => {
        if (this.#source !== source) return
        const data = JSON.parse((event as MessageEvent<string>).data) as T
        take?.(data)
        this.#alive((data as { t?: number }).t)
      })
    on<Frame>('frame', listener.frame)
    on<Wall>('wall', listener.wall)
    on<DataHealth>('health', listener.health)
    source.addEventListener('resync', () => this.#source === source && this.#open())
    source.addEventListener('error', () => {
      if (this.#source !== source) return
      this.state = 'lost'
      if (source.readyState === EventSource.CLOSED) this.#reopen = setTimeout(() => this.#open(), REOPEN_MS)
    })
  }

  #alive(server_us: number | undefined): void {
    if (server_us !== undefined) clock.heard(server_us)
    this.#heard_ms = performance.now()
    this.heard_us = clock.read()
    this.state = 'live'
  }

  #watch(): void {
    if (!this.#source || performance.now() - this.#heard_ms < SILENT_MS) return
    fetch('/api/health', { signal: AbortSignal.timeout(4000) }).then(
      () => this.#open(),
      () => {
        this.state = 'lost'
        this.#open()
      },
    )
    this.#heard_ms = performance.now()
  }
}

export const link = new Link()
