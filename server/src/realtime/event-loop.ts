import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Metrics } from '../metrics.ts'

/** Whether this process has more to do than it can: its present work goes on, more would make it slow for everybody. */
export interface EventLoop {
  isOverloaded(): boolean
  close(): void
}

const WINDOW_MS = 1000
/** Each sample wakes the process. */
const RESOLUTION_MS = 50
/** The longest delay of this many seconds is exported: a scrape every 15 s misses none. */
const WINDOW_SECONDS = 15

/**
 * Overloaded from the second on whose mean delay exceeds `maxDelayMs` like that of the second before, until one stays below half of that.
 * Two of them, as one long pause is no overload: a garbage collection, or modules loaded at the first login.
 */
export function watchEventLoop(
  maxDelayMs: number,
  metrics: Pick<Metrics, 'overloaded' | 'eventLoopDelay'>,
  monitor: typeof monitorEventLoopDelay = monitorEventLoopDelay,
): EventLoop {
  const delay = monitor({ resolution: RESOLUTION_MS })
  delay.enable()
  let overloaded = false
  let late = false
  const longest: number[] = []
  const timer = setInterval(() => {
    const before = late
    const [mean, max] = delay.count === 0 ? [WINDOW_MS, WINDOW_MS] : [delay.mean / 1e6 - RESOLUTION_MS, delay.max / 1e6 - RESOLUTION_MS]
    late = isOver(overloaded, mean, maxDelayMs)
    longest.push(Math.max(0, max))
    if (longest.length > WINDOW_SECONDS) longest.shift()
    overloaded = late && (before || overloaded)
    metrics.overloaded.set(Number(overloaded))
    metrics.eventLoopDelay.set(Math.max(...longest) / 1000)
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
