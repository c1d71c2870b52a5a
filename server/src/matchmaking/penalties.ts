import type { RedisClient } from '../redis/connect.ts'
import { playerForfeitsKey } from '../keys.ts'

/** Players who forfeit ranked matches repeatedly wait a little before the next one. */
export interface Penalties {
  note(player: string): Promise<void>
  /** Milliseconds that the player still has to wait; 0 for none. */
  waitMs(player: string): Promise<number>
}

export interface PenaltiesOptions {
  /** Matches forfeited within an hour that have no penalty. */
  free: number
  /** The first wait, ms; each further forfeited match doubles it, up to `maxMs`. */
  firstMs: number
  maxMs: number
}

const MEMORY_MS = 3_600_000

/** The wait after this many forfeited matches, ms. */
export function penaltyMs(count: number, { free, firstMs, maxMs }: PenaltiesOptions): number {
  return count <= free ? 0 : Math.min(maxMs, firstMs * 2 ** (count - free - 1))
}

export function createPenalties(redis: RedisClient, options: PenaltiesOptions): Penalties {
  return {
    async note(player) {
      const key = playerForfeitsKey(player)
      const replies = await redis.multi().hincrby(key, 'count', 1).hset(key, 'at', Date.now()).pexpire(key, MEMORY_MS).exec()
      for (const [error] of replies ?? []) if (error) throw error
    },
    async waitMs(player) {
      const [count, at] = await redis.hmget(playerForfeitsKey(player), 'count', 'at')
      if (!count || !at) return 0
      return Math.max(0, Number(at) + penaltyMs(Number(count), options) - Date.now())
    },
  }
}
