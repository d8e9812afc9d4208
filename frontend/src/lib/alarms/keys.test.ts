import { expect, test } from 'vitest'
import { meaning, moved } from './keys'

const press = (key: string, held: Partial<Record<'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey', boolean>> = {}) =>
  meaning({ key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...held })

test('letters act, in either case', () => {
  expect(press('a')).toEqual({ command: 'acknowledge' })
  expect(press('A', { shiftKey: true })).toEqual({ command: 'acknowledge' })
  expect(press('?', { shiftKey: true })).toEqual({ command: 'keys' })
  expect(press(' ')).toEqual({ command: 'select' })
  expect(press('x')).toEqual({ command: 'select' })
})

test('arrows and j, k move; with shift they draw the choice along', () => {
  expect(press('j')).toEqual({ move: 'down', ranging: false })
  expect(press('ArrowUp', { shiftKey: true })).toEqual({ move: 'up', ranging: true })
  expect(press('J', { shiftKey: true })).toEqual({ move: 'down', ranging: true })
})

test('the browser keeps its own keys', () => {
  expect(press('a', { ctrlKey: true })).toBeNull()
  expect(press('r', { metaKey: true })).toBeNull()
  expect(press('q')).toBeNull()
})

test('the cursor stays within the list', () => {
  expect(moved(0, 'up', 10, 5)).toBe(0)
  expect(moved(7, 'page_down', 10, 5)).toBe(9)
  expect(moved(7, 'first', 10, 5)).toBe(0)
  expect(moved(0, 'last', 51_000, 30)).toBe(50_999)
  expect(moved(0, 'down', 0, 5)).toBe(0)
})
