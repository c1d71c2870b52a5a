import type { monitorEventLoopDelay } from 'node:perf_hooks'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Metrics } from '../../server/src/metrics.ts'
import { isOver, watchEventLoop } from '../../server/src/realtime/event-loop.ts'

test('a node is overloaded from its limit up, and until it is well below it', () => {
  const seconds = [0, 99, 100, 101, 80, 51, 50, 99, 250, 0]
  let over = false
  const states = seconds.map((delay) => (over = isOver(over, delay, 100)))
  expect(states).toEqual([false, false, false, true, true, true, false, false, true, false])
})

/** The measurements of one second: the number of samples of the loop, their mean and longest delay in ms. */
interface Second {
  count: number
  mean: number
  max: number
}
const RESOLUTION_MS = 50
const calm: Second = { count: 20, mean: 1, max: 3 }

function watch(maxDelayMs: number) {
  let second = calm
  const inNs = (ms: number): number => (ms + RESOLUTION_MS) * 1e6
  const histogram = {
    enable: vi.fn(),
    disable: vi.fn(),
    reset: vi.fn(),
    get count() {
      return second.count
    },
    get mean() {
      return inNs(second.mean)
    },
    get max() {
      return inNs(second.max)
    },
  }
  let longest = 0
  let reported = 0
  const metrics = {
    overloaded: { set: (value: number) => (reported = value) },
    eventLoopDelay: { set: (seconds: number) => (longest = seconds) },
  } as unknown as Metrics
  const loop = watchEventLoop(maxDelayMs, metrics, (() => histogram) as unknown as typeof monitorEventLoopDelay)
  return {
    loop,
    longest: () => longest,
    reported: () => reported,
    pass(next: Second) {
      second = next
      vi.advanceTimersByTime(1000)
      return loop.isOverloaded()
    },
  }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('one pause is not an overload, even if it is longer than the measured second; a loop that stays late is', () => {
  const { loop, pass, longest, reported } = watch(100)
  expect(pass(calm)).toBe(false)
  expect(pass({ count: 1, mean: 1500, max: 1500 })).toBe(false)
  expect(longest()).toBeCloseTo(1.5, 3)
  expect(pass(calm)).toBe(false)
  expect(pass({ count: 4, mean: 300, max: 310 })).toBe(false)
  expect(pass({ count: 4, mean: 300, max: 310 })).toBe(true)
  expect(reported()).toBe(1)
  // Until one second is well below the limit.
  expect(pass({ count: 15, mean: 60, max: 70 })).toBe(true)
  expect(pass({ count: 19, mean: 40, max: 60 })).toBe(false)
  expect(reported()).toBe(0)
  loop.close()
  expect(vi.getTimerCount()).toBe(0)
})

test('seconds in which nothing could be measured at all are late too', () => {
  const { loop, pass } = watch(100)
  const nothing = { count: 0, mean: NaN, max: 0 }
  expect(pass(nothing)).toBe(false)
  expect(pass(nothing)).toBe(true)
  loop.close()
})

test('the longest delay is reported for as long as a scrape may take to come', () => {
  const { loop, pass, longest } = watch(100)
  pass({ count: 5, mean: 50, max: 700 })
  for (let second = 0; second < 14; second += 1) pass(calm)
  expect(longest()).toBeCloseTo(0.7, 3)
  pass(calm)
  expect(longest()).toBeCloseTo(0.003, 3)
  loop.close()
})
