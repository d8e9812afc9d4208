import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Asking } from './asking.svelte'

const REST_MS = 1000

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A question that is answered after `takes_ms`, and when it was asked. */
function question(takes_ms: number, answered = () => true): [Asking, number[]] {
  const at_ms: number[] = []
  const began = performance.now()
  const asking = new Asking(REST_MS, () => {
    at_ms.push(performance.now() - began)
    return new Promise((tell) => setTimeout(() => tell(answered()), takes_ms))
  })
  return [asking, at_ms]
}

test('changes that come faster than the rest do not put the question off', async () => {
  const [asking, at_ms] = question(10)
  for (let i = 0; i < 12; i += 1) {
    asking.soon()
    await vi.advanceTimersByTimeAsync(300)
  }
  expect(at_ms).toEqual([0, 1000, 2000, 3000])
})

test('nothing is asked while nothing changes', async () => {
  const [asking, at_ms] = question(10)
  asking.soon()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(at_ms).toEqual([0])
})

test('it can be asked at once, and then rests', async () => {
  const [asking, at_ms] = question(100)
  asking.soon()
  await vi.advanceTimersByTimeAsync(50)
  asking.now()
  await vi.advanceTimersByTimeAsync(300)
  asking.soon()
  asking.now()
  asking.soon()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(at_ms.map((ms) => Math.round(ms / 10) * 10)).toEqual([0, 100, 350])
})

test('a change during a slow answer is asked for after it', async () => {
  const [asking, at_ms] = question(2500)
  asking.soon()
  await vi.advanceTimersByTimeAsync(100)
  asking.soon()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(at_ms.map((ms) => Math.round(ms / 10) * 10)).toEqual([0, 2500])
})

test('without an answer it is asked again, and not after its end', async () => {
  let answers = 0
  const [asking, at_ms] = question(10, () => (answers += 1) > 2)
  asking.soon()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(at_ms).toEqual([0, 1000, 2000])

  const [lost, lost_ms] = question(10, () => false)
  lost.soon()
  await vi.advanceTimersByTimeAsync(5)
  lost.end()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(lost_ms).toEqual([0])
})
