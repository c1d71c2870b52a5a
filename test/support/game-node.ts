import { createMatches } from '../../server/game/matches.ts'
import { botTicket, createMatchmaker, type Matchmaker } from '../../server/game/matchmaker.ts'
import { createPenalties } from '../../server/game/penalties.ts'
import { createQueue } from '../../server/game/queue.ts'
import { createReferee } from '../../server/game/referee.ts'
import { createRooms } from '../../server/game/rooms.ts'
import type { NewMatch, NewSeat } from '../../server/game/rules.ts'
import { createWhereabouts } from '../../server/game/whereabouts.ts'
import { playerKey } from '../../server/keys.ts'
import { createLog } from '../../server/log.ts'
import { createMetrics } from '../../server/metrics.ts'
import type { RedisClient } from '../../server/redis/connect.ts'
import type { BestOf, MatchMode, PublicPlayer } from '../../client-sdk/src/protocol.ts'

/** What may happen to a node: it dies before its n-th command, or stalls there for a while. */
export interface Fault {
  atCommand: number
  kind: 'die' | 'stall'
  stallMs: number
}

/** `gone` settles when the node dies or stalls. */
export type GameNode = ReturnType<typeof createGameNode>

const metrics = createMetrics('test')
const log = createLog({ LOG_LEVEL: 'silent', NODE_NAME: 'test' })

/**
 * The game part of a node on a real Redis, without sockets, so that it can die or stall between any two
 * commands and thousands of such lives fit into a test. A dead node never answers again, like a killed process.
 */
export function createGameNode(shared: RedisClient, fault: Fault | null, settings: { shards: number; sweepMs: number; roundMs: number; slots?: 'one' | 'many' }) {
  let commands = 0
  let dead = false
  let stalled: Promise<void> | null = null
  const gone = Promise.withResolvers<null>()
  const redis = Object.create(shared) as RedisClient
  // As on a Redis Cluster, no script reaches the keys of matches and of players alike.
  if (settings.slots === 'many') Object.defineProperty(redis, 'isCluster', { value: true })
  const send = shared.sendCommand.bind(shared) as (...args: unknown[]) => unknown
  redis.sendCommand = (...args: unknown[]) => {
    commands += 1
    if (fault && commands === fault.atCommand) {
      if (fault.kind === 'die') {
        dead = true
        gone.resolve(null)
        matches.close()
      } else {
        gone.resolve(null)
        stalled = new Promise((resolve) => setTimeout(resolve, fault.stallMs)).then(() => {
          stalled = null
        })
      }
    }
    if (dead) return new Promise(() => undefined)
    return stalled ? stalled.then(() => send(...args)) : send(...args)
  }

  const referee = createReferee(redis, metrics, 'test')
  const whereabouts = createWhereabouts(redis, referee, metrics)
  const profile = async (id: string): Promise<PublicPlayer | null> => JSON.parse((await redis.get(playerKey(id))) ?? 'null') as PublicPlayer | null
  const newMatch = (id: string, mode: MatchMode, bestOf: BestOf, seat: NewSeat, code: string | null = null): NewMatch => ({
    id, mode, bestOf, code, seat, waitMs: 600_000,
    limits: { roundMs: settings.roundMs, maxRounds: bestOf * 3, maxMissed: 2, botMinMs: 5, botMaxMs: 20 },
  })
  const matches = createMatches({
    referee,
    deliver: () => undefined,
    deliverHere: () => undefined,
    deliverEmote: () => undefined,
    abandoned: async () => undefined,
    continueRematch: (state) => matchmaker.continueRematch(state),
    alsoSweep: () => matchmaker.sweep(),
    metrics, log,
    shards: settings.shards,
    sweepMs: settings.sweepMs,
    sweepGraceMs: 0,
    retainMs: 600_000,
  })
  const queue = createQueue(redis, metrics, {
    ticketTtlMs: 600_000,
    sweepMs: settings.sweepMs,
    windows: { ranked: { base: 100, perSecond: 2000, avoidLast: false }, casual: { base: 400, perSecond: 4000, avoidLast: true } },
    bot: { mode: 'casual', afterMs: 600_000, ticket: botTicket },
  })
  const matchmaker: Matchmaker = createMatchmaker({
    redis, queue, matches, whereabouts, profile, log,
    penalties: createPenalties(redis, { free: 1000, firstMs: 1, maxMs: 1 }),
    shards: settings.shards,
    ticketTtlMs: 600_000,
    orphanedMs: 40,
    newMatch,
  })
  const rooms = createRooms({
    redis, matches, whereabouts, profile,
    shards: settings.shards,
    waitMs: 600_000,
    newMatch: (id, code, bestOf, seat) => ({ ...newMatch(id, 'room', bestOf, seat, code), waitMs: 150 }),
  })
  return { referee, whereabouts, matches, matchmaker, rooms, queue, isDead: () => dead, gone: gone.promise, close: () => matches.close() }
}
