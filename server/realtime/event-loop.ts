import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Metrics } from '../metrics.ts'

/** Whether this process has more to do than it can: what it has goes on, more would make it slow for everybody. */
export interface EventLoop {
  isOverloaded(): boolean
  close(): void
}

const WINDOW_MS = 1000
const RESOLUTION_MS = 10

/**
 * Overloaded from the second on whose mean delay exceeds `maxDelayMs` like that of the second before, until one stays below
 * half of that. Two of them, as one long pause is no overload: a collection of garbage, or what is loaded at the first login.
 */
export function watchEventLoop(maxDelayMs: number, metrics: Pick<Metrics, 'overloaded'>): EventLoop {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  let overloaded = false
  let late = false
  const timer = setInterval(() => {
    const before = late
    late = isOver(overloaded, delay.count === 0 ? WINDOW_MS : delay.mean / 1e6 - RESOLUTION_MS, maxDelayMs)
    overloaded = late && (before || overloaded)
    metrics.overloaded.set(Number(overloaded))
    delay.reset()
  }, WINDOW_MS)
  timer.unref()
  return {
    isOverloaded: () => overloaded,
    close() {
      clearInterval(timer)
      delay.disable()
    },
  }
}

/** What follows from a second with this mean delay (ms). */
export const isOver = (before: boolean, delayMs: number, maxDelayMs: number): boolean => delayMs > (before ? maxDelayMs / 2 : maxDelayMs)
