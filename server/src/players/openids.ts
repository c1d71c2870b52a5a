import { PLAYER_ID } from '../ids.ts'
import { openidKey, playerOpenidKey } from '../keys.ts'
import type { RedisClient } from '../redis/connect.ts'

/**
 * Which player logged in last with an openid, under its SHA-256. MySQL takes precedence as long as it has a row of that openid: this is for
 * a MySQL that was restored from a backup older than the player, whose matches name an id that no openid leads to.
 */
export interface Openids {
  /** The id that the openid had at its last login within `REMEMBERED_MS`; null if there is none. */
  lastPlayer(openid: string): Promise<string | null>
  remember(openid: string, playerId: string): Promise<void>
  /** The player is deleted. Repeating it does no harm. */
  forget(playerId: string): Promise<void>
}

const REMEMBERED_MS = 31 * 86_400_000

export function createOpenids(redis: RedisClient): Openids {
  return {
    async lastPlayer(openid) {
      const id = await redis.get(openidKey(openid))
      return id !== null && PLAYER_ID.test(id) ? id : null
    },
    async remember(openid, playerId) {
      const key = openidKey(openid)
      // The way back is for `forget`: the row of a deleted player, or of one that a backup did not have, does not hold the openid.
      await Promise.all([redis.set(playerOpenidKey(playerId), key, 'PX', REMEMBERED_MS), redis.set(key, playerId, 'PX', REMEMBERED_MS)])
    },
    async forget(playerId) {
      const key = await redis.get(playerOpenidKey(playerId))
      if (key === null) return
      // The same person may have come back as another player meanwhile.
      if ((await redis.get(key)) === playerId) await redis.del(key)
      await redis.del(playerOpenidKey(playerId))
    },
  }
}
