import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Metrics } from '../../server/metrics.ts'
import { isOver, watchEventLoop } from '../../server/realtime/event-loop.ts'

test('a node is overloaded from its limit up, and until it is well below it', () => {
  const seconds = [0, 99, 100, 101, 80, 51, 50, 99, 250, 0]
  let over = false
  const states = seconds.map((delay) => (over = isOver(over, delay, 100)))
  expect(states).toEqual([false, false, false, true, true, true, false, false, true, false])
})

/** Nothing else happens meanwhile. */
function block(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

test('one pause is no overload, even one longer than the second that is looked at; a loop that stays late is', async () => {
  const gauge = { set: () => undefined }
  let longest = 0
  const delays = { set: (seconds: number) => (longest = seconds) }
  const loop = watchEventLoop(100, { overloaded: gauge, eventLoopDelay: delays } as unknown as Metrics)
  const seen: boolean[] = []
  block(1500)
  for (let look = 0; look < 25; look += 1) {
    await sleep(50)
    seen.push(loop.isOverloaded())
  }
  expect(seen).not.toContain(true)
  expect(longest).toBeGreaterThanOrEqual(1)
  expect(longest).toBeLessThan(2)
  for (let piece = 0; piece < 12 && !loop.isOverloaded(); piece += 1) {
    block(300)
    await sleep(1)
  }
  expect(loop.isOverloaded()).toBe(true)
  loop.close()
})
