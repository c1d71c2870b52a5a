import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import { outageOf, type Outage, type Store } from './outages.ts'

/** The health of this node's stores, as their replies show it. */
export interface StoreHealth {
  /** To be called with every error that a request ended in. */
  failed(error: unknown): void
  /** To be called while a store takes unusually long and has not failed yet. */
  slow(store: Store): void
  /** To be called with the outcome of the write that this node makes to Redis every two seconds; null if it succeeded. */
  wrote(error: unknown): void
  /** Why the last such write failed; null if it succeeded. Single commands fail while slots move, which makes no node unready. */
  unwritable(): string | null
  /** Why a store has recently failed requests; null if it has not. */
  trouble(store: Store): string | null
}

/** Without a further error, a store counts as healthy again after this long, ms. */
const REMEMBER_MS = 10_000

export function createStoreHealth({
  metrics,
  log,
  now = () => performance.now(),
}: {
  metrics: Pick<Metrics, 'storeRefusals' | 'storeRefusing'>
  log: Log
  now?: () => number
}): StoreHealth {
  const last = new Map<Store, { reason: string; at: number }>()
  for (const store of ['redis', 'mysql'] as const) metrics.storeRefusing.set({ store }, 0)

  function serves(store: Store): void {
    if (!last.delete(store)) return
    metrics.storeRefusing.set({ store }, 0)
    log.info({ store }, 'a store is healthy again')
  }

  function failed(error: unknown): Outage | null {
    const outage = outageOf(error)
    if (outage) note(outage, { err: error })
    return outage
  }

  function note({ store, reason }: Outage, details: { err?: unknown } = {}): void {
    metrics.storeRefusals.inc({ store, reason })
    metrics.storeRefusing.set({ store }, 1)
    if (last.get(store)?.reason !== reason)
      log.warn({ store, reason, ...details }, 'a store is away or refuses: callers are asked to retry')
    last.set(store, { reason, at: now() })
  }

  let unwritable: string | null = null
  return {
    failed,
    slow: (store) => note({ store, reason: 'slow' }),
    wrote(error) {
      if (error === null) serves('redis')
      unwritable = failed(error)?.reason ?? null
    },
    unwritable: () => unwritable,
    trouble(store) {
      const known = last.get(store)
      if (!known) return null
      if (now() - known.at <= REMEMBER_MS) return known.reason
      serves(store)
      return null
    },
  }
}
