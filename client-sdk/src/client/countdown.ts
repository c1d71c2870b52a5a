import { Timer } from '../util/timers.ts'

/** See `GameClient.countdown`. Ticks fall on whole multiples of `everyMs`, so a shown second changes on time. */
export function countdown(
  subscribe: (listener: () => void) => () => void,
  remainingMs: () => number | null,
  listener: (remainingMs: number | null) => void,
  everyMs: number,
): () => void {
  const timer = new Timer()
  const tick = (): void => {
    const left = remainingMs()
    if (left) timer.start(left % everyMs || everyMs, tick)
    else timer.stop()
    listener(left)
  }
  const unsubscribe = subscribe(tick)
  return () => {
    unsubscribe()
    timer.stop()
  }
}
