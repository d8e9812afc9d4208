/** The order that flow gives to a network: which streams go back, and how far each node is from outside. */

export interface Edge {
  /** Ids of nodes, empty for outside. */
  from: string
  to: string
}

/** Whether each edge leads back to where its flow came from: without those, no way leads around in a circle. */
export function returns(nodes: readonly string[], edges: readonly Edge[]): boolean[] {
  const out = new Map<string, number[]>(nodes.map((node) => [node, []]))
  edges.forEach((edge, i) => edge.to !== '' && out.get(edge.from)?.push(i))
  const back = edges.map(() => false)
  const seen = new Set<string>()
  const open = new Set<string>()

  // Depth first from what is fed from outside: an edge to a node that is still open closes a circle.
  function follow(root: string): void {
    const way: { node: string; next: number }[] = [{ node: root, next: 0 }]
    seen.add(root)
    open.add(root)
    while (way.length) {
      const here = way[way.length - 1]!
      const edge = out.get(here.node)![here.next++]
      if (edge === undefined) {
        open.delete(here.node)
        way.pop()
        continue
      }
      const to = edges[edge]!.to
      if (open.has(to)) back[edge] = true
      else if (!seen.has(to) && out.has(to)) {
        seen.add(to)
        open.add(to)
        way.push({ node: to, next: 0 })
      }
    }
  }

  const fed = new Set(edges.filter(({ from }) => from === '').map(({ to }) => to))
  for (const node of [...nodes.filter((node) => fed.has(node)), ...nodes]) if (!seen.has(node)) follow(node)
  return back
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
