import { expect, test } from 'vitest'
import { cycleOf, runsOf, spent, valueBy } from './work'

const MIN = 60e6

test('a lot lasts from the bucket that ends with it to the last that does', () => {
  const series = { time_us: [0, MIN, 2 * MIN, 4 * MIN, 5 * MIN], last: [7, 7, null, 8, 8] }
  expect(runsOf(series)).toEqual([
    { value: 7, from_us: 0, to_us: MIN, begun: true },
    { value: 8, from_us: 4 * MIN, to_us: 5 * MIN, begun: false },
  ])
  expect(runsOf({ time_us: [], last: [] })).toEqual([])
})

test('a number that comes back is another lot', () => {
  expect(runsOf({ time_us: [1, 2, 3], last: [4, 5, 4] }).map(({ value }) => value)).toEqual([4, 5, 4])
})

test('a value is that of the last bucket before', () => {
  const series = { time_us: [10, 20, 30], last: [1, null, 3] }
  expect([valueBy(series, 9), valueBy(series, 25), valueBy(series, 30)]).toEqual([null, 1, 3])
})

test('the next step comes when the usual time of the present one is over; after the last the first', () => {
  const lasts = { FILL: 20, FEED: 90, WASH: 40 }
  expect(cycleOf(lasts, 'FEED', 65)).toMatchObject({ at: 1, next: 'WASH', left: 25 })
  expect(cycleOf(lasts, 'WASH', 50)).toMatchObject({ at: 2, next: 'FILL', left: -10 })
  expect(cycleOf(lasts, 'FEED', null)?.left).toBeNull()
})

test('between cycles the first step is next, at a time that is not known', () => {
  expect(cycleOf({ FILL: 20, FEED: 90 }, 'IDLE', 300)).toMatchObject({ at: -1, next: 'FILL', left: null })
  expect(cycleOf({}, 'RUN', 5)).toBeNull()
})

test('upkeep falls due on the way from fresh to due, upwards or downwards', () => {
  expect([spent({ fresh: 0, due: 96 }, 24), spent({ fresh: 1600, due: 1200 }, 1500), spent({ fresh: 0, due: 96 }, 120)]).toEqual([0.25, 0.25, 1.25])
  expect([spent({ fresh: 100, due: 200 }, 90), spent({ fresh: 0, due: 1 }, null)]).toEqual([0, null])
})
