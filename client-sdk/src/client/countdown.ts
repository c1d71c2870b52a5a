import { isDuration } from '../util/settings.ts'
import { Timer } from '../util/timers.ts'

/** Milliseconds between ticks, unless a valid value is given. */
export const DEFAULT_STEP_MS = 200

/** See `GameClient.countdown`. Ticks fall on whole multiples of `everyMs`, so a shown second changes on time. */
export function countdown(
  subscribe: (listener: () => void) => () => void,
  remainingMs: () => number | null,
  listener: (remainingMs: number | null) => void,
  everyMs: number,
): () => void {
  const timer = new Timer()
  const stepMs = (isDuration(everyMs) && everyMs) || DEFAULT_STEP_MS
  const tick = (): void => {
    const left = remainingMs()
    if (left) timer.start(left % stepMs || stepMs, tick)
    else timer.stop()
    listener(left)
  }
  const unsubscribe = subscribe(tick)
  return () => {
    unsubscribe()
    timer.stop()
  }
}
