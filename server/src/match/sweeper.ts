import { isOutage } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Matches } from './matches.ts'
import type { MatchStore } from './store.ts'

/** Looks at regular intervals for what other nodes have left undone. Every node does, so work survives every node. */
export interface Sweeper {
  close(): void
}

export interface SweeperOptions {
  store: Pick<MatchStore, 'due'>
  matches: Pick<Matches, 'sweep'>
  /** What else a sweep does. */
  alsoSweep(): Promise<void>
  log: Log
  shards: number
  /** The pause between two sweeps, ms. */
  sweepMs: number
  /** How late something must be before another node carries it out, ms. */
  graceMs: number
}

/** Matches of one shard that one sweep handles. */
const LIMIT = 200

export function startSweeper({ store, matches, alsoSweep, log, shards, sweepMs, graceMs }: SweeperOptions): Sweeper {
  let closed = false
  let timer: NodeJS.Timeout

  const report = (error: unknown, doing: string): void => {
    if (!isOutage(error)) log.error({ err: error }, `${doing} failed`)
  }

  async function sweep(): Promise<void> {
    const lists = await Promise.allSettled(Array.from({ length: shards }, (_, shard) => store.due(shard, graceMs, LIMIT)))
    for (const list of lists) {
      if (list.status === 'rejected') report(list.reason, 'looking for matches in which something is due')
      else await Promise.all(list.value.map((match) => matches.sweep(match).catch((error: unknown) => report(error, 'sweeping a match'))))
    }
    await alsoSweep().catch((error: unknown) => report(error, 'sweeping the queues'))
    next()
  }

  // A sweep starts only after the one before has ended; the jitter keeps the nodes apart.
  function next(): void {
    if (!closed) timer = setTimeout(() => void sweep(), sweepMs * (0.75 + Math.random() / 2))
  }
  next()

  return {
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}
