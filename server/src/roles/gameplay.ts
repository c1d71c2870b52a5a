import type { PublicPlayer } from '../../../client-sdk/src/protocol.ts'
import type { AnyGame } from '../../../games/rules.ts'
import type { Config } from '../config.ts'
import type { Log } from '../log.ts'
import { createMatchCache } from '../match/cache.ts'
import type { Formats } from '../match/formats.ts'
import { createMatches, type Matches, type MatchesOptions } from '../match/matches.ts'
import { setupFactory } from '../match/setup.ts'
import { createMatchStore, type MatchStore } from '../match/store.ts'
import { startSweeper } from '../match/sweeper.ts'
import { createTransitions } from '../match/transitions.ts'
import { botTicket, createMatchmaker, type Matchmaker } from '../matchmaking/matchmaker.ts'
import { createPenalties } from '../matchmaking/penalties.ts'
import { createQueue, type Queue } from '../matchmaking/queue.ts'
import { createReservations, MAKING_MS, type Reservations } from '../matchmaking/reservations.ts'
import { createRooms, type Rooms } from '../matchmaking/rooms.ts'
import type { Metrics } from '../metrics.ts'
import type { RedisClient } from '../redis/connect.ts'

/** Making a match takes milliseconds: after this long its node is dead or stalled. */
const ORPHANED_MS = 1500
/** Matches of which a node knows the last state: more than it can have players for. */
const CACHED_MATCHES = 50_000

/** What a node needs for matches to be made and played on it, without sockets. The server role and the tests of the guarantees share it. */
export interface Gameplay {
  store: MatchStore
  matches: Matches
  reservations: Reservations
  queue: Queue
  matchmaker: Matchmaker
  rooms: Rooms
  /** Stops the timers and the sweeper. Running matches go on: other nodes carry them out. */
  close(): void
}

export interface GameplayOptions extends Pick<MatchesOptions, 'show' | 'showHere' | 'format'> {
  redis: RedisClient
  game: AnyGame
  config: GameplayConfig
  formats: Formats
  metrics: Metrics
  log: Log
  /** Names this life of the node; no other has the same. */
  node: string
  /** The player's record as it is now; null if there is no such player. */
  profile(player: string): Promise<PublicPlayer | null>
  /** The player's connection; null if there is none. */
  connectionOf(player: string): Promise<string | null>
  /** Whether a node is dead, as Redis has it now. */
  isDead(node: string): Promise<boolean>
  /** The node that made a pair older than this is not working on it any more, ms; 1500 if absent. */
  orphanedMs?: number
}

/** Its fields are described in config.ts. */
export type GameplayConfig = Parameters<typeof setupFactory>[1] &
  Pick<
    Config,
    | 'SHARDS'
    | 'MATCH_RETAIN_MS'
    | 'ABANDON_FREE'
    | 'ABANDON_WAIT_MS'
    | 'ABANDON_WAIT_MAX_MS'
    | 'TICKET_TTL_MS'
    | 'SWEEP_MS'
    | 'SWEEP_GRACE_MS'
    | 'RANKED_WINDOW'
    | 'RANKED_WINDOW_PER_SECOND'
    | 'CASUAL_WINDOW'
    | 'CASUAL_WINDOW_PER_SECOND'
    | 'BOT_AFTER_MS'
  >

export function createGameplay(options: GameplayOptions): Gameplay {
  const { redis, game, config, formats, metrics, log, node, profile, connectionOf, isDead, show, showHere, format } = options
  const shards = config.SHARDS
  const setupOf = setupFactory(game, config, format)
  const store = createMatchStore({ redis, metrics, node, formats, retainMs: Math.max(config.MATCH_RETAIN_MS, MAKING_MS) })
  const penalties = createPenalties(redis, {
    free: config.ABANDON_FREE,
    firstMs: config.ABANDON_WAIT_MS,
    maxMs: config.ABANDON_WAIT_MAX_MS,
  })
  const matches = createMatches({
    store,
    cache: createMatchCache(CACHED_MATCHES),
    transitions: createTransitions(game),
    show,
    showHere,
    forfeited: penalties.note,
    continueRematch: (match) => matchmaker.continueRematch(match),
    format,
    metrics,
    log,
  })
  const reservations = createReservations(redis, matches, metrics)
  const queue = createQueue(redis, metrics, {
    ticketTtlMs: config.TICKET_TTL_MS,
    sweepMs: config.SWEEP_MS,
    windows: {
      ranked: { base: config.RANKED_WINDOW, perSecond: config.RANKED_WINDOW_PER_SECOND, avoidLast: false },
      casual: { base: config.CASUAL_WINDOW, perSecond: config.CASUAL_WINDOW_PER_SECOND, avoidLast: true },
    },
    bot: { mode: 'casual', afterMs: config.BOT_AFTER_MS, ticket: botTicket },
  })
  const matchmaker: Matchmaker = createMatchmaker({
    redis,
    queue,
    penalties,
    profile,
    matches,
    reservations,
    connectionOf,
    isDead,
    log,
    shards,
    ticketTtlMs: config.TICKET_TTL_MS,
    orphanedMs: options.orphanedMs ?? ORPHANED_MS,
    setupOf: (mode, terms, seats) => setupOf(mode, terms, null, seats),
  })
  const rooms = createRooms({
    redis,
    matches,
    reservations,
    profile,
    shards,
    waitMs: config.ROOM_WAIT_MS,
    setupOf: (code, terms, seats) => setupOf('room', terms, code, seats),
  })
  const sweeper = startSweeper({
    store,
    matches,
    alsoSweep: matchmaker.sweep,
    log,
    shards,
    sweepMs: config.SWEEP_MS,
    graceMs: config.SWEEP_GRACE_MS,
  })
  return {
    store,
    matches,
    reservations,
    queue,
    matchmaker,
    rooms,
    close() {
      sweeper.close()
      matches.close()
    },
  }
}
