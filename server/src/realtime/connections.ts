import type { RedisClient } from '../redis/connect.ts'
import { playerConnectionKey } from '../keys.ts'
import type { Metrics } from '../metrics.ts'
import { defineScript } from '../scripts.ts'

/**
 * The connection registry: the one connection of each player. Taking it over is one atomic swap, so however many sockets of a player
 * connect at once on however many nodes, each closes exactly the one before it and one remains. Reservations check it in the same step, so
 * requests of an older connection have no effect any more.
 */
export interface Connections {
  /**
   * The number by which connections of a player are ordered, drawn when a connection arrives, before it is accepted. It is the Redis time,
   * ms, but always above that of the connection before, also after the clock has stepped back.
   */
  order(player: string): Promise<number>
  /**
   * Makes this the player's connection. Returns the one that it replaces; or `late` if a later one is registered already: a node that
   * stalled between the two steps must not take it back.
   */
  take(player: string, connection: string, acceptedAt: number): Promise<{ late: boolean; replaced: string | null }>
  /** Gives the connection up; false if another has replaced it by now. */
  give(player: string, connection: string): Promise<boolean>
  /** The player's connection; null if they have none. */
  current(player: string): Promise<string | null>
  /** Keeps the entries of players' connections from expiring, however long the connections last. */
  refresh(players: Iterable<string>): Promise<void>
}

const KEEP_MS = 86_400_000
/** How often a node refreshes its entries, ms. */
export const REFRESH_MS = KEEP_MS / 4

/** How long the order of a connection that was given up is remembered, ms: longer than its ticket may wait for another connection. */
const GIVEN_UP_MS = 600_000

const ORDER = `#!lua flags=no-writes
-- KEYS[1] <the player's connection>#<its order>
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return math.max(now, 1 + (tonumber(string.match(redis.call('GET', KEYS[1]) or '', '#(%d+)$')) or 0))`

const TAKE = `#!lua
-- KEYS[1] <the player's connection, '' if it was given up>#<its order>; ARGV: connection, its order, ms to keep it
-- Reply: 1 if a later one is there, else 0; the connection that was there
local before = redis.call('GET', KEYS[1]) or ''
local held, came = string.match(before, '^(.*)#(%d+)$')
if came and tonumber(came) > tonumber(ARGV[2]) then return { 1, held } end
redis.call('SET', KEYS[1], ARGV[1] .. '#' .. ARGV[2], 'PX', ARGV[3])
return { 0, held or '' }`

const GIVE = `#!lua flags=allow-oom
-- KEYS[1] <the player's connection>#<its order>; ARGV: connection, ms to remember its order
-- One that Redis has forgotten belonged to nobody else since.
local before = redis.call('GET', KEYS[1])
if not before then return 1 end
local held, order = string.match(before, '^(.*)#(%d+)$')
if held ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], '#' .. order, 'PX', ARGV[2])
return 1`

/** The connection in a player's entry in the registry; null if they have none. */
export const connectionIn = (entry: string | null): string | null => entry?.slice(0, entry.indexOf('#')) || null

export function createConnections(redis: RedisClient, metrics: Metrics): Connections {
  const order = defineScript(redis, metrics, 'connection_order', ORDER, 1)
  const take = defineScript(redis, metrics, 'connection_take', TAKE, 1)
  const give = defineScript(redis, metrics, 'connection_give', GIVE, 1)
  return {
    order: async (player) => (await order(playerConnectionKey(player))) as number,
    async take(player, connection, acceptedAt) {
      const [late, held] = (await take(playerConnectionKey(player), connection, acceptedAt, KEEP_MS)) as [0 | 1, string]
      return { late: late === 1, replaced: held !== '' && held !== connection ? held : null }
    },
    give: async (player, connection) => (await give(playerConnectionKey(player), connection, GIVEN_UP_MS)) === 1,
    current: async (player) => connectionIn(await redis.batchedGet(playerConnectionKey(player))),
    async refresh(players) {
      for (const player of players) await redis.pexpire(playerConnectionKey(player), KEEP_MS)
    },
  }
}
