import { game as rps } from '../../games/rps/index.ts'
import type { AnyGame } from '../../games/rules.ts'
import { createMatchCache, type MatchCache } from '../../server/src/match/cache.ts'
import { createCommits, type Committed, type Commits } from '../../server/src/match/commits.ts'
import { FORMATS, type Formats } from '../../server/src/match/formats.ts'
import { createMatchStore, SCRIPTS, type MatchStore } from '../../server/src/match/store.ts'
import { createTransitions } from '../../server/src/match/transitions.ts'
import { createMetrics } from '../../server/src/metrics.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'

const metrics = createMetrics('test')

/** The match engine of one node on a real Redis, without timers, sockets or matchmaking. */
export interface MatchNode {
  name: string
  store: MatchStore
  cache: MatchCache
  commits: Commits
  /** Every change that this node committed. */
  committed: Committed[]
}

export interface MatchNodeOptions {
  game?: AnyGame
  formats?: Formats
  random?: () => number
  retainMs?: number
  scripts?: typeof SCRIPTS
  onCommitted?(change: Committed): void
  /** Puts a layer between the engine and its store. */
  wrap?(store: MatchStore): MatchStore
}

export function matchNode(
  redis: RedisClient,
  name: string,
  {
    game = rps,
    formats = FORMATS,
    random = Math.random,
    retainMs = 60_000,
    scripts = SCRIPTS,
    onCommitted,
    wrap = (store) => store,
  }: MatchNodeOptions = {},
): MatchNode {
  const committed: Committed[] = []
  const cache = createMatchCache(1000)
  const store = wrap(createMatchStore({ redis, metrics, node: name, formats, retainMs, scripts }))
  const commits = createCommits({
    store,
    cache,
    random,
    transitions: createTransitions(game),
    committed(change) {
      committed.push(change)
      onCommitted?.(change)
    },
  })
  return { name, store, cache, commits, committed }
}
