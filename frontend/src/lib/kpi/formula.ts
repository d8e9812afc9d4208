/** Reads a formula, `growth(KWH) / sum(TAP_WT)`, as a tree that can be set as mathematics. */

export type Node =
  | { kind: 'number'; text: string }
  | { kind: 'state'; text: string }
  | { kind: 'name'; text: string }
  | { kind: 'call'; name: string; of: Node[] }
  | { kind: 'list'; of: Node[] }
  | { kind: 'sign'; of: Node }
  | { kind: 'not'; of: Node }
  | { kind: 'fraction'; above: Node; below: Node }
  | { kind: 'row'; operator: Operator; left: Node; right: Node; brackets: { left: boolean; right: boolean } }

export type Operator = '+' | '−' | '×' | '<' | '≤' | '>' | '≥' | '=' | '≠' | 'in' | 'not in' | 'and' | 'or'

const SHOWN: Record<string, Operator> = { '+': '+', '-': '−', '*': '×', '<': '<', '<=': '≤', '>': '>', '>=': '≥', '==': '=', '!=': '≠' }
const TOKEN = /\s*(?:(\d+(?:\.\d+)?(?:e[+-]?\d+)?)|('[^']*'|"[^"]*")|([A-Za-z_][\w.?*]*(?:\[\])?[\w.?*]*)|(<=|>=|==|!=|[-+*/<>(),[\]]))/iy

/** How strongly an operator binds. */
function strength(operator: Operator): number {
  return operator === 'or' ? 1 : operator === 'and' ? 2 : operator === '×' ? 5 : operator === '+' || operator === '−' ? 4 : 3
}

function tokens(text: string): string[] | null {
  const found: string[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const match = TOKEN.exec(text)
    if (!match) return null
    found.push(match[0].trim())
  }
  return found
}

/** The tree of a formula, or null for a text that is none; it is then shown as it is written. */
export function readFormula(text: string): Node | null {
  const all = tokens(text)
  if (!all?.length) return null
  let at = 0
  const peek = () => all[at]
  const take = (token: string) => peek() === token && (at += 1) > 0

  function binary(operators: readonly string[], next: () => Node | null): Node | null {
    let left = next()
    for (let token = peek(); left && token !== undefined && operators.includes(token); token = peek()) {
      at += 1
      const right = next()
      if (!right) return null
      left = token === '/' ? { kind: 'fraction', above: left, below: right } : joined(SHOWN[token] ?? (token as Operator), left, right)
    }
    return left
  }

  const either = () => binary(['or'], both)
  const both = () => binary(['and'], negated)

  function negated(): Node | null {
    if (!take('not')) return compared()
    const of = negated()
    return of && { kind: 'not', of }
  }

  function compared(): Node | null {
    let left = binary(['<', '<=', '>', '>=', '==', '!='], added)
    if (left && (peek() === 'in' || (peek() === 'not' && all?.[at + 1] === 'in'))) {
      const operator: Operator = take('not') ? 'not in' : 'in'
      at += 1
      const right = added()
      left = right && joined(operator, left, right)
    }
    return left
  }

  const added = () => binary(['+', '-'], multiplied)
  const multiplied = () => binary(['*', '/'], signed)

  function signed(): Node | null {
    if (!take('-')) return single()
    const of = signed()
    return of && { kind: 'sign', of }
  }

  function listed(close: string): Node[] | null {
    const of: Node[] = []
    while (!take(close)) {
      const one = either()
      if (!one) return null
      of.push(one)
      if (!take(',') && peek() !== close) return null
    }
    return of
  }

  function single(): Node | null {
    const token = peek()
    if (token === undefined) return null
    at += 1
    if (/^\d/.test(token)) return { kind: 'number', text: token }
    if (/^['"]/.test(token)) return { kind: 'state', text: token.slice(1, -1) }
    if (token === '(' || token === '[') {
      const of = listed(token === '(' ? ')' : ']')
      return of && (of.length === 1 && token === '(' ? of[0]! : { kind: 'list', of })
    }
    if (!/^[A-Za-z_]/.test(token)) return null
    if (!take('(')) return { kind: 'name', text: token }
    const of = listed(')')
    return of && { kind: 'call', name: token, of }
  }

  const tree = either()
  return tree && at === all.length ? tree : null
}

/** A fraction's line groups by itself; elsewhere brackets stand where what is inside binds less. */
function joined(operator: Operator, left: Node, right: Node): Node {
  const weaker = (node: Node, orEqual: boolean) =>
    node.kind === 'row' && (strength(node.operator) < strength(operator) || (orEqual && strength(node.operator) === strength(operator)))
  return {
    kind: 'row', operator, left, right,
    brackets: { left: weaker(left, false), right: weaker(right, operator === '−') || right.kind === 'sign' },
  }
}
