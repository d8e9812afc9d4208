/** The order that flow gives to a network: which streams go back, and how far each node is from outside. */

export interface Edge {
  /** Ids of nodes, empty for outside. */
  from: string
  to: string
}

/**
 * Whether each edge leads back to where its flow came from: without those, no way leads around in a circle. A node
 * follows when all that feeds it has gone before; where a circle holds up all that are left, it begins at the node that
 * is fewest steps from outside, of those the first that the sheet names.
 */
export function returns(nodes: readonly string[], edges: readonly Edge[]): boolean[] {
  const steps = stepsFromOutside(nodes, edges)
  const gone = new Map<string, number>()
  const left = new Set(nodes)
  while (left.size) {
    const waiting = new Set(edges.filter(({ from, to }) => left.has(from) && left.has(to)).map(({ to }) => to))
    const free = [...left].filter((node) => !waiting.has(node))
    const next = free.length ? free : [[...left].reduce((best, node) => (steps.get(node)! < steps.get(best)! ? node : best))]
    for (const node of next) {
      gone.set(node, gone.size)
      left.delete(node)
    }
  }
  return edges.map(({ from, to }) => (gone.get(to) ?? Infinity) <= (gone.get(from) ?? -Infinity))
}

/** How many nodes lie between each node and the outside that feeds it; Infinity where nothing does. */
function stepsFromOutside(nodes: readonly string[], edges: readonly Edge[]): Map<string, number> {
  const found = new Map(nodes.map((node) => [node, Infinity]))
  let edge = edges.filter(({ from, to }) => from === '' && found.has(to)).map(({ to }) => to)
  for (let steps = 0; edge.length; steps += 1) {
    const reached = edge.filter((node) => found.get(node) === Infinity)
    for (const node of reached) found.set(node, steps)
    edge = edges.filter(({ from, to }) => reached.includes(from) && found.has(to)).map(({ to }) => to)
  }
  return found
}

/**
 * The layer of each node: one more than the highest of those that feed it. What nothing feeds but the outside stands
 * right before what it feeds.
 */
export function layers(nodes: readonly string[], edges: readonly Edge[], back: readonly boolean[]): Map<string, number> {
  const known = new Set(nodes)
  const onward = edges.filter((edge, i) => !back[i] && known.has(edge.from) && known.has(edge.to))
  const waiting = new Map(nodes.map((node) => [node, 0]))
  for (const { to } of onward) waiting.set(to, waiting.get(to)! + 1)
  const found = new Map(nodes.map((node) => [node, 0]))
  const ready = nodes.filter((node) => waiting.get(node) === 0)
  const sources = [...ready]
  for (let node = ready.shift(); node !== undefined; node = ready.shift())
    for (const { from, to } of onward) {
      if (from !== node) continue
      found.set(to, Math.max(found.get(to)!, found.get(node)! + 1))
      waiting.set(to, waiting.get(to)! - 1)
      if (waiting.get(to) === 0) ready.push(to)
    }
  for (const node of sources) {
    const next = onward.filter(({ from }) => from === node).map(({ to }) => found.get(to)!)
    if (next.length) found.set(node, Math.min(...next) - 1)
  }
  return found
}
