import { isOutage } from '../errors.ts'
import { watchersKey, watchersPublishedKey } from '../keys.ts'
import type { Log } from '../log.ts'
import type { Matches } from '../match/matches.ts'
import type { RedisClient } from '../redis/connect.ts'
import type { Registry } from '../registry.ts'
import type { FanOut } from './fan-out.ts'

/** Publishes how many spectators a match has: at most once per second in the whole cluster, and never with a new version. */
export interface SpectatorCounts {
  /** The number of spectators of a match has changed on this node. */
  changed(match: string): void
  close(): void
}

export interface SpectatorCountsOptions {
  redis: RedisClient
  matches: Pick<Matches, 'read'>
  registry: Pick<Registry, 'isLive'>
  fanOut: Pick<FanOut, 'watchers'>
  log: Log
}

/** The shortest time between two published counts of a match, ms. */
const PAUSE_MS = 1000
/** Spectators who come within this time are counted together, ms. */
const COLLECT_MS = 50

export function createSpectatorCounts({ redis, matches, registry, fanOut, log }: SpectatorCountsOptions): SpectatorCounts {
  const timers = new Map<string, NodeJS.Timeout>()

  /** The number of spectators. A node that died has not removed its own. */
  async function count(match: string): Promise<number> {
    let sum = 0
    for (const [node, connections] of Object.entries(await redis.hgetall(watchersKey(match))))
      if (registry.isLive(node)) sum += Number(connections)
    return sum
  }

  async function publish(match: string): Promise<void> {
    timers.delete(match)
    // Another node has just published, perhaps without this change: the count is published again when the second is over.
    if (!(await redis.set(watchersPublishedKey(match), '1', 'PX', PAUSE_MS, 'NX'))) return arm(match, PAUSE_MS)
    const stored = await matches.read(match)
    if (stored) fanOut.watchers(stored.match, { matchId: match, count: await count(match) })
  }

  function arm(match: string, ms: number): void {
    if (timers.has(match)) return
    const run = (): void => {
      publish(match).catch((error: unknown) => {
        if (isOutage(error)) arm(match, PAUSE_MS)
        else log.error({ err: error }, 'spectators could not be counted')
      })
    }
    timers.set(match, setTimeout(run, ms).unref())
  }

  return {
    changed: (match) => arm(match, COLLECT_MS),
    close() {
      for (const timer of timers.values()) clearTimeout(timer)
      timers.clear()
    },
  }
}
