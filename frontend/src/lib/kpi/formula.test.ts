import { expect, test } from 'vitest'
import { readFormula, type Node } from './formula'

/** Written out again, with a fraction as {above|below}. */
function written(node: Node): string {
  switch (node.kind) {
    case 'number':
    case 'name':
      return node.text
    case 'state':
      return `“${node.text}”`
    case 'call':
      return `${node.name}(${node.of.map(written).join(', ')})`
    case 'list':
      return `[${node.of.map(written).join(', ')}]`
    case 'sign':
      return `−${written(node.of)}`
    case 'not':
      return `not ${written(node.of)}`
    case 'fraction':
      return `{${written(node.above)}|${written(node.below)}}`
    case 'row': {
      const side = (one: Node, brackets: boolean) => (brackets ? `(${written(one)})` : written(one))
      return `${side(node.left, node.brackets.left)} ${node.operator} ${side(node.right, node.brackets.right)}`
    }
  }
}
const read = (text: string) => {
  const node = readFormula(text)
  return node && written(node)
}

test('a division is a fraction, and its brackets go', () => {
  expect(read('growth(KWH) / (sum(TAP_WT) + 1)')).toBe('{growth(KWH)|sum(TAP_WT) + 1}')
  expect(read('a / b / c * 100')).toBe('{{a|b}|c} × 100')
})

test('brackets stay where they are needed', () => {
  expect(read('(1 - lost / fed) * 100')).toBe('(1 − {lost|fed}) × 100')
  expect(read('a - (b - c)')).toBe('a − (b − c)')
  expect(read('(a * b) + c')).toBe('a × b + c')
})

test('states, families and patterns of paths are names of their own', () => {
  expect(read("time(STEP not in ('IDLE', 'DOWN')) and avg(Z[]_T) > 20")).toBe('time(STEP not in [“IDLE”, “DOWN”]) and avg(Z[]_T) > 20')
  expect(read('integral(S08.PRE.PRE001.IN?_F) * 1.6e-3')).toBe('integral(S08.PRE.PRE001.IN?_F) × 1.6e-3')
  expect(read('-a + b')).toBe('−a + b')
})

test('what is no formula is left as it is written', () => {
  for (const text of ['', 'a +', 'a b', '(a', '1 - V·RE/feed', 'f(a,', '%']) expect(readFormula(text), text).toBeNull()
})
