import { watchersKey } from '../keys.ts'
import type { Matches } from '../match/matches.ts'
import type { Stored } from '../match/store.ts'
import type { RedisClient } from '../redis/connect.ts'
import { watchRoom } from './fan-out.ts'
import type { GameSocket } from './types.ts'

/**
 * Connections that watch a match without a seat in it. Redis holds the nodes on which they are, in a key beside the match that the commit
 * reads; watching never changes the match.
 */
export interface Spectators {
  /**
   * From now on this socket is sent the views of this match, instead of those of another. Returns its current state, null if there is none.
   */
  watch(socket: GameSocket, match: string): Promise<Stored | null>
  /** The socket is closed. */
  leave(socket: GameSocket): Promise<void>
  /** Redis may have lost where spectators are: registers those of this node again for a match, and returns the match. */
  renew(match: string): Promise<Stored | null>
}

export interface SpectatorsOptions {
  redis: RedisClient
  matches: Matches
  node: string
  /** Called after the number of spectators of a match has changed on this node. */
  changed(match: string): void
}

/** As long as a live match is kept without a commit. */
const KEEP_MS = 86_400_000

export function createSpectators({ redis, matches, node, changed }: SpectatorsOptions): Spectators {
  /** How many sockets of this node watch each match. */
  const counts = new Map<string, number>()

  async function register(match: string): Promise<void> {
    const key = watchersKey(match)
    const replies = await redis
      .multi()
      .hset(key, node, counts.get(match) ?? 0)
      .pexpire(key, KEEP_MS)
      .exec()
    for (const [error] of replies ?? []) if (error) throw error
  }

  async function remove(match: string): Promise<void> {
    const left = (counts.get(match) ?? 1) - 1
    if (left > 0) {
      counts.set(match, left)
      await redis.hset(watchersKey(match), node, left)
    } else {
      counts.delete(match)
      await redis.hdel(watchersKey(match), node)
    }
    changed(match)
  }

  return {
    async watch(socket, match) {
      const { watching } = socket.data
      if (watching !== match) {
        socket.data.watching = match
        counts.set(match, (counts.get(match) ?? 0) + 1)
        if (watching !== undefined) {
          await socket.leave(watchRoom(watching))
          await remove(watching)
        }
        await socket.join(watchRoom(match))
      }
      // Registered before the match is read: no change can fall between the two.
      await register(match)
      changed(match)
      return matches.read(match)
    },
    async leave(socket) {
      const { watching } = socket.data
      if (watching === undefined) return
      delete socket.data.watching
      await remove(watching)
    },
    async renew(match) {
      await register(match)
      return matches.read(match)
    },
  }
}
