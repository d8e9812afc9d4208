import { expect, test } from 'vitest'
import { csv } from './csv'

test('fields with commas, quotes or line ends are quoted', () => {
  expect(csv(['a', 'b'], [['x, y', 1], ['say "z"', null]])).toBe('\ufeffa,b\r\n"x, y",1\r\n"say ""z""",\r\n')
})
