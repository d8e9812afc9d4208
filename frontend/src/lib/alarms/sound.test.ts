import { expect, test } from 'vitest'
import { heard, loudestOf, PATTERNS, QUIET, silence, speaker, type Sounding } from './sound'

const frame = (loudest: Sounding['loudest'], ...fresh: NonNullable<Sounding['loudest']>[]) => ({ loudest, fresh })

test('what stands when the screen opens is heard', () => {
  expect(heard(QUIET, frame('high'))).toEqual({ loudest: 'high', voiced: 'high', silenced: false, round: 1 })
})

test('nothing begins anew while nothing is new, and what is acknowledged is heard no more', () => {
  const before = heard(QUIET, frame('high'))
  expect(heard(before, frame('high')).round).toBe(1)
  expect(heard(before, frame('low'))).toMatchObject({ voiced: 'low', round: 1 })
})

test('silence holds until a new alarm, which then sounds with its own pattern', () => {
  const silenced = silence(heard(QUIET, frame('high')))
  expect(heard(silenced, frame('high'))).toMatchObject({ silenced: true, voiced: null, round: 1 })
  expect(heard(silenced, frame('high', 'low', 'medium'))).toMatchObject({ silenced: false, voiced: 'medium', round: 2 })
})

test('a new low one does not quieten what sounds already', () => {
  expect(heard(heard(QUIET, frame('high')), frame('high', 'low'))).toMatchObject({ voiced: 'high', round: 2 })
})

test('a louder one breaks the silence without being new in the frame', () => {
  const silenced = silence(heard(QUIET, frame('medium')))
  expect(heard(silenced, frame('critical'))).toMatchObject({ silenced: false, voiced: 'critical', round: 2 })
})

test('when all is acknowledged it is quiet, and the next one is heard', () => {
  const over = heard(silence(heard(QUIET, frame('high'))), frame(null))
  expect(over).toEqual({ ...QUIET, round: 1 })
  expect(heard(over, frame('low', 'low'))).toMatchObject({ voiced: 'low', round: 2 })
  expect(silence(over)).toBe(over)
})

test('the speaker says what it is', () => {
  const sounding = heard(QUIET, frame('high'))
  expect(speaker(sounding, false, true)).toBe('off')
  expect(speaker(sounding, true, false)).toBe('blocked')
  expect(speaker(sounding, true, true)).toBe('sounding')
  expect(speaker(silence(sounding), true, true)).toBe('silenced')
  expect(speaker(QUIET, true, true)).toBe('quiet')
  expect(speaker(heard(QUIET, frame('low')), true, true)).toBe('quiet')
})

test('the loudest of several, and patterns that can be told apart', () => {
  expect(loudestOf(['low', 'high', 'medium'])).toBe('high')
  expect(loudestOf([])).toBeNull()
  const patterns = Object.values(PATTERNS).map(({ tones }) => JSON.stringify(tones))
  expect(new Set(patterns).size).toBe(4)
})
