import type { RedisClient } from '../redis/connect.ts'
import { playerSocketKey } from '../keys.ts'
import type { Metrics } from '../metrics.ts'
import { defineScript } from '../scripts.ts'

/**
 * The one connection of each player. Taking it over is one atomic swap, so however many sockets of a
 * player connect at once on however many nodes, each closes exactly the one before it and one remains.
 */
export interface Presence {
  /** Makes this the player's connection; answers the one it replaces. */
  take(player: string, connection: string): Promise<string | null>
  /** Gives the connection up; false when another has taken its place by now. */
  give(player: string, connection: string): Promise<boolean>
}

const KEEP_MS = 86_400_000

const GIVE = `
-- KEYS[1] the player's connection; ARGV: connection
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
return 1`

export function createPresence(redis: RedisClient, metrics: Metrics): Presence {
  const give = defineScript(redis, metrics, 'presence_give', GIVE, 1)
  return {
    async take(player, connection) {
      const before = await redis.set(playerSocketKey(player), connection, 'PX', KEEP_MS, 'GET')
      return before === connection ? null : before
    },
    give: async (player, connection) => (await give(playerSocketKey(player), connection)) === 1,
  }
}
