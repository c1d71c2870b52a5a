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
 * Overloaded from the second on whose mean delay exceeds `maxDelayMs`, until one stays below half of that. The mean, as one
 * long pause (a collection of garbage) is no overload.
 */
export function watchEventLoop(maxDelayMs: number, metrics: Pick<Metrics, 'overloaded'>): EventLoop {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  let overloaded = false
  const timer = setInterval(() => {
    overloaded = isOver(overloaded, delay.count === 0 ? WINDOW_MS : delay.mean / 1e6 - RESOLUTION_MS, maxDelayMs)
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
