/** One stream for all windows: a browser gives one server six connections, and each window needs one of its own. */

import { follow, type Said } from './stream'

const ports = new Set<MessagePort>()
let last: Said | null = null
let stop: (() => void) | null = null

function tell(said: Said): void {
  // What was new is new once: a window that comes later hears what stands, not what sounded before.
  last = 'frame' in said ? { frame: { ...said.frame, newest: [] } } : said
  for (const port of ports) port.postMessage(said)
}

const scope = self as unknown as { onconnect: (event: MessageEvent) => void }
scope.onconnect = (event) => {
  const port = event.ports[0]!
  ports.add(port)
  port.onmessage = () => {
    ports.delete(port)
    if (ports.size) return
    stop?.()
    stop = null
  }
  if (last) port.postMessage(last)
  stop ??= follow(tell)
}
