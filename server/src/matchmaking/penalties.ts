import type { RedisClient } from '../redis/connect.ts'
import { playerAbandonsKey } from '../keys.ts'

/** Who abandons ranked matches again and again waits a little before the next one. */
export interface Penalties {
  note(player: string): Promise<void>
  /** Milliseconds that the player still has to wait; 0 for none. */
  waitMs(player: string): Promise<number>
}

export interface PenaltiesOptions {
  /** Abandoned matches within an hour that cost nothing. */
  free: number
  /** The first wait, ms; each further abandoned match doubles it, up to `maxMs`. */
  firstMs: number
  maxMs: number
}

const MEMORY_MS = 3_600_000

/** The wait after this many abandoned matches, ms. */
export function penaltyMs(count: number, { free, firstMs, maxMs }: PenaltiesOptions): number {
  return count <= free ? 0 : Math.min(maxMs, firstMs * 2 ** (count - free - 1))
}

export function createPenalties(redis: RedisClient, options: PenaltiesOptions): Penalties {
  return {
    async note(player) {
      const key = playerAbandonsKey(player)
      const replies = await redis.multi().hincrby(key, 'count', 1).hset(key, 'at', Date.now()).pexpire(key, MEMORY_MS).exec()
      for (const [error] of replies ?? []) if (error) throw error
    },
    async waitMs(player) {
      const [count, at] = await redis.hmget(playerAbandonsKey(player), 'count', 'at')
      if (!count || !at) return 0
      return Math.max(0, Number(at) + penaltyMs(Number(count), options) - Date.now())
    },
  }
}
