/** The stream of the `alarms` group, kept open: in a shared worker for all windows of a screen, or in the page itself. */

import type { AlarmFrame } from './types'

export type Said = { frame: AlarmFrame } | { lost: true }

/** Nothing said for this long: the stream is opened anew, and begins with all that is so. */
const SILENT_MS = 12_000
const WATCH_MS = 2000
const REOPEN_MS = 1000

/** Tells each frame, and when the stream is lost, until the returned function is called. */
export function follow(tell: (said: Said) => void): () => void {
  let source: EventSource | null = null
  let heard_ms = performance.now()
  let reopen: ReturnType<typeof setTimeout> | undefined

  function open(): void {
    clearTimeout(reopen)
    source?.close()
    const opened = new EventSource('/api/events?group=alarms')
    source = opened
    heard_ms = performance.now()
    opened.addEventListener('alarms', (event) => {
      if (source !== opened) return
      heard_ms = performance.now()
      tell({ frame: JSON.parse((event as MessageEvent<string>).data) as AlarmFrame })
    })
    opened.addEventListener('resync', () => source === opened && open())
    opened.addEventListener('error', () => {
      if (source !== opened) return
      tell({ lost: true })
      if (opened.readyState === EventSource.CLOSED) reopen = setTimeout(open, REOPEN_MS)
    })
  }

  function watch(): void {
    if (performance.now() - heard_ms < SILENT_MS) return
    heard_ms = performance.now()
    fetch('/api/health', { signal: AbortSignal.timeout(4000) }).then(open, () => {
      tell({ lost: true })
      open()
    })
  }

  open()
  const timer = setInterval(watch, WATCH_MS)
  return () => {
    clearInterval(timer)
    clearTimeout(reopen)
    source?.close()
    source = null
  }
}
