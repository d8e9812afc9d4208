import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { rowOf } from './row.fixture'
import { AlarmWindow } from './window.svelte'

const ALARMS = 1000
const TAKES_MS = 20

/** Where each answer that the server was asked for begins. */
let asked: number[]

beforeEach(() => {
  vi.useFakeTimers()
  asked = []
  vi.stubGlobal('fetch', async (path: string) => {
    const query = new URL(path, 'http://server').searchParams
    const [offset, limit] = [Number(query.get('offset')), Number(query.get('limit'))]
    asked.push(offset)
    await new Promise((come) => setTimeout(come, TAKES_MS))
    const rows = Array.from({ length: Math.min(limit, ALARMS - offset) }, (_, i) => rowOf(`A${offset + i}`))
    return Response.json({ t: 0, seq: 1, changes: 1, counts: {}, total: ALARMS, offset, rows })
  })
})

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

async function begun(): Promise<AlarmWindow> {
  const list = new AlarmWindow()
  list.ask({})
  await vi.advanceTimersByTimeAsync(TAKES_MS + 1)
  list.show(0, 30)
  return list
}

test('lines that are scrolled to come soon, though a question about what is new waits for its second', async () => {
  const list = await begun()
  list.refresh()
  list.show(600, 630)
  expect(list.at(600)).toBeUndefined()
  await vi.advanceTimersByTimeAsync(200)
  expect(list.at(600)?.row.alarm).toBe('A600')
  expect(asked).toHaveLength(2)
})

test('what is new is asked for once in a second, however often it is told', async () => {
  const list = await begun()
  for (let i = 0; i < 50; i += 1) {
    list.refresh()
    await vi.advanceTimersByTimeAsync(100)
  }
  expect(asked.length).toBeGreaterThanOrEqual(5)
  expect(asked.length).toBeLessThanOrEqual(6)
})
