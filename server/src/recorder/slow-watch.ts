import type { Log } from '../log.ts'

/** Notices work that neither ends nor fails: a store that accepts connections and hardly replies gives no error for a long time. */
export interface SlowWatch {
  /** Passes the outcome of the work on. @param store the store that the work waits for, as far as is known */
  during<T>(store: 'redis' | 'mysql', work: Promise<T>): Promise<T>
  close(): void
}

/** More than a large batch takes, ms. */
const SLOW_MS = 4000

/** @param slow called every few seconds while such work goes on */
export function watchSlow(log: Log, slow: (store: 'redis' | 'mysql') => void, slowMs = SLOW_MS): SlowWatch {
  const underway = new Set<{ store: 'redis' | 'mysql'; since: number }>()
  const timer = setInterval(() => {
    const now = performance.now()
    for (const store of ['redis', 'mysql'] as const) {
      const longest = Math.max(...[...underway].filter((each) => each.store === store).map(({ since }) => now - since))
      if (longest < slowMs) continue
      slow(store)
      log.warn({ store, waitedMs: Math.round(longest) }, 'the recorder waits for a store that replies slowly: events stay in the outbox')
    }
  }, slowMs / 2)
  timer.unref()
  return {
    async during(store, work) {
      const each = { store, since: performance.now() }
      underway.add(each)
      try {
        return await work
      } finally {
        underway.delete(each)
      }
    },
    close: () => clearInterval(timer),
  }
}
