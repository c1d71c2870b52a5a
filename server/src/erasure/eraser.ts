import type { Openids } from '../players/openids.ts'
import type { Players } from '../players/players.ts'
import { CatalogueError } from '../errors.ts'
import { playerConsentKey, playerReviewKey } from '../keys.ts'
import type { Log } from '../log.ts'
import type { Matches } from '../match/matches.ts'
import type { Matchmaker } from '../matchmaking/matchmaker.ts'
import type { Reservations } from '../matchmaking/reservations.ts'
import { startPoll, type Poll } from '../poll.ts'
import type { Connections } from '../realtime/connections.ts'
import type { FanOut } from '../realtime/fan-out.ts'
import type { Leaderboard } from '../recorder/leaderboard.ts'
import type { RedisClient } from '../redis/connect.ts'
import type { Erasures } from './erasures.ts'

/** Deletes players: MySQL first, then everything that follows, which any node may repeat. */
export interface Eraser {
  /**
   * Deletes a player. Repeating it does no harm. Rejects if MySQL is away; other steps that fail are done later.
   * @param nickname what other players see of them from now on
   */
  erase(playerId: string, nickname: string): Promise<void>
  /** Starts to look for what other nodes have left undone. */
  start(): void
  close(): Promise<void>
}

export interface EraserOptions {
  redis: RedisClient
  erasures: Erasures
  openids: Pick<Openids, 'forget'>
  players: Players
  leaderboard: Pick<Leaderboard, 'remove'>
  matches: Pick<Matches, 'leave'>
  matchmaker: Pick<Matchmaker, 'cancel'>
  reservations: Pick<Reservations, 'current' | 'release'>
  connections: Pick<Connections, 'current'>
  fanOut: Pick<FanOut, 'close'>
  failed(error: unknown): void
  log: Log
}

const EVERY_MS = 2000
const AT_ONCE = 8

export function createEraser(options: EraserOptions): Eraser {
  const { redis, erasures, openids, players, leaderboard, matches, matchmaker, reservations, connections, fanOut, failed, log } = options
  let poll: Poll | null = null

  /** Every step may be repeated, and finds what was written since the last time. */
  async function rest(id: string): Promise<void> {
    // From now on their sessions are refused, and nobody can take a seat in their name.
    await players.publish(await players.read([id]))
    await openids.forget(id)
    await redis.del(playerReviewKey(id))
    await redis.del(playerConsentKey(id))
    const connection = await connections.current(id)
    if (connection !== null) fanOut.close(connection, 'logged_out')
    await matchmaker.cancel(id)
    await leaveMatch(id)
    await leaderboard.remove(id)
  }

  async function leaveMatch(id: string): Promise<void> {
    const here = await reservations.current(id)
    if (!here) return
    const { match } = here
    try {
      if (match.status !== 'finished') await matches.leave(match.id, id)
    } catch (error) {
      // The match has ended meanwhile.
      if (!(error instanceof CatalogueError) || error.code === 'unavailable') throw error
    }
    await reservations.release(id, match.id)
  }

  async function round(): Promise<boolean> {
    const leased = await erasures.lease(AT_ONCE)
    for (const erasure of leased) {
      await rest(erasure.playerId)
      await erasures.done(erasure)
    }
    return leased.length === AT_ONCE
  }

  return {
    async erase(playerId, nickname) {
      await erasures.begin(playerId, nickname)
      try {
        await rest(playerId)
      } catch (error) {
        failed(error)
        log.warn({ err: error }, 'the remaining steps of a deletion are done later')
      }
    },
    start() {
      poll ??= startPoll({ everyMs: EVERY_MS, round, what: 'the rest of a deletion', failed, log })
    },
    close: async () => poll?.close(),
  }
}
