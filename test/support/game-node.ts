import { game } from '../../games/rps/index.ts'
import { createMatchCache } from '../../server/src/match/cache.ts'
import { FORMATS } from '../../server/src/match/formats.ts'
import type { MatchSetup, Occupant, Terms } from '../../server/src/match/match.ts'
import { createMatches, type Matches } from '../../server/src/match/matches.ts'
import { createMatchStore } from '../../server/src/match/store.ts'
import { startSweeper } from '../../server/src/match/sweeper.ts'
import { createTransitions } from '../../server/src/match/transitions.ts'
import { botTicket, createMatchmaker, type Matchmaker } from '../../server/src/matchmaking/matchmaker.ts'
import { createPenalties } from '../../server/src/matchmaking/penalties.ts'
import { createQueue } from '../../server/src/matchmaking/queue.ts'
import { createReservations } from '../../server/src/matchmaking/reservations.ts'
import { createRooms } from '../../server/src/matchmaking/rooms.ts'
import { playerConnectionKey, playerKey } from '../../server/src/keys.ts'
import { createLog } from '../../server/src/log.ts'
import { createMetrics } from '../../server/src/metrics.ts'
import { connectionIn } from '../../server/src/realtime/connections.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import type { MatchMode, PublicPlayer } from '../../client-sdk/src/protocol.ts'

/** What may happen to a node: it dies before its n-th command, or stalls there for a while. */
export interface Fault {
  atCommand: number
  kind: 'die' | 'stall'
  stallMs: number
}

/** What a node sent to Redis and what came back, kept as it is until somebody asks for it as text. */
export interface TracedCommand {
  /** `performance.now()`, ms. */
  at: number
  node: string
  command: { name: string; args: unknown[] }
  reply?: unknown
}

/** What mentions this word, one line for each command. */
export function traceLines(trace: readonly (TracedCommand | string)[], word: string): string[] {
  return trace
    .map((each) =>
      typeof each === 'string'
        ? each
        : `${Math.round(each.at)} ${each.node} ${each.command.name} ${each.command.args.map(String).join(' ')} → ${JSON.stringify(each.reply)}`,
    )
    .filter((line) => new RegExp(`\\b${word}\\b`).test(line))
    .map((line) => line.slice(0, 600))
}

/** `gone` settles when the node dies or stalls. */
export type GameNode = ReturnType<typeof createGameNode>

const metrics = createMetrics('test')
const log = createLog({ LOG_LEVEL: 'silent', NODE_NAME: 'test' })

/**
 * The game part of a node on a real Redis, without sockets, so that it can die or stall between any two
 * commands and thousands of such lives fit into a test. A dead node never answers again, like a killed process.
 */
export function createGameNode(
  shared: RedisClient,
  fault: Fault | null,
  settings: { shards: number; sweepMs: number; roundMs: number; slots?: 'one' | 'many' },
  name = 'test',
  trace?: (TracedCommand | string)[],
) {
  let commands = 0
  let dead = false
  let stalled: Promise<void> | null = null
  const gone = Promise.withResolvers<null>()
  const redis = Object.create(shared) as RedisClient
  // As on a Redis Cluster, no call reaches the matches of more than one shard.
  if (settings.slots === 'many') Object.defineProperty(redis, 'isCluster', { value: true })
  const sendNow = shared.sendCommand.bind(shared) as (...args: unknown[]) => unknown
  const send = (...args: unknown[]): unknown => {
    if (trace) {
      const command = args[0] as TracedCommand['command'] & { promise: Promise<unknown> }
      const traced: TracedCommand = { at: performance.now(), node: name, command }
      trace.push(traced)
      const keep = (reply: unknown): void => {
        traced.reply = reply
      }
      command.promise.then(keep, keep)
    }
    return sendNow(...args)
  }
  redis.sendCommand = (...args: unknown[]) => {
    commands += 1
    if (fault && commands === fault.atCommand) {
      if (fault.kind === 'die') {
        gone.resolve(null)
        close()
      } else {
        gone.resolve(null)
        stalled = new Promise((resolve) => setTimeout(resolve, fault.stallMs)).then(() => {
          stalled = null
        })
      }
    }
    if (dead) return new Promise(() => undefined)
    // Closed while it stalled: what it would do now belongs to nobody's test.
    return stalled ? stalled.then(() => (dead ? new Promise(() => undefined) : send(...args))) : send(...args)
  }

  const profile = async (id: string): Promise<PublicPlayer | null> =>
    JSON.parse((await redis.get(playerKey(id))) ?? 'null') as PublicPlayer | null
  const setupOf = (mode: MatchMode, { bestOf, options }: Terms, code: string | null, seats: readonly Occupant[]): MatchSetup => ({
    format: 1,
    mode,
    bestOf,
    options,
    code,
    seats,
    limits: {
      roundMs: settings.roundMs,
      revealMs: 0,
      maxRounds: bestOf * 3,
      maxMissed: 2,
      botMinMs: 5,
      botMaxMs: 20,
      waitMs: 600_000,
      readyMs: 600_000,
    },
  })
  const cache = createMatchCache(10_000)
  const store = createMatchStore({ redis, metrics, node: name, formats: FORMATS, retainMs: 600_000 })
  const matches: Matches = createMatches({
    store,
    cache,
    transitions: createTransitions(game),
    show: () => undefined,
    showHere: () => undefined,
    abandoned: async () => undefined,
    continueRematch: (match) => matchmaker.continueRematch(match),
    format: () => 1,
    metrics,
    log,
  })
  const reservations = createReservations(redis, matches, metrics)
  const queue = createQueue(redis, metrics, {
    ticketTtlMs: 600_000,
    sweepMs: settings.sweepMs,
    windows: { ranked: { base: 100, perSecond: 2000, avoidLast: false }, casual: { base: 400, perSecond: 4000, avoidLast: true } },
    bot: { mode: 'casual', afterMs: 600_000, ticket: botTicket },
  })
  const matchmaker: Matchmaker = createMatchmaker({
    redis,
    queue,
    matches,
    reservations,
    profile,
    log,
    penalties: createPenalties(redis, { free: 1000, firstMs: 1, maxMs: 1 }),
    connectionOf: async (player) => connectionIn(await redis.get(playerConnectionKey(player))),
    isDead: async () => false,
    shards: settings.shards,
    ticketTtlMs: 600_000,
    orphanedMs: 40,
    setupOf: (mode, terms, seats) => setupOf(mode, terms, null, seats),
  })
  const rooms = createRooms({
    redis,
    matches,
    reservations,
    profile,
    shards: settings.shards,
    waitMs: 600_000,
    setupOf: (code, terms, seats) => setupOf('room', terms, code, seats),
  })
  const sweeper = startSweeper({
    store,
    matches,
    alsoSweep: matchmaker.sweep,
    log,
    shards: settings.shards,
    sweepMs: settings.sweepMs,
    graceMs: 0,
  })
  function close(): void {
    dead = true
    sweeper.close()
    matches.close()
  }
  return { store, reservations, matches, matchmaker, rooms, queue, isDead: () => dead, gone: gone.promise, close }
}
