import type { OnlineReply } from '../../client-sdk/src/protocol.ts'
import { isOutage } from './errors.ts'
import { dueKey, nodesKey, onlineHeartbeatsKey } from './keys.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { RedisClient } from './redis/connect.ts'
import { fieldsOf } from './redis/reply.ts'
import { defineScript } from './scripts.ts'
import type { StoreHealth } from './store-health.ts'

/**
 * The live nodes. Each renews its entry several times per second, by the clock of Redis; within two seconds the others know if a node does
 * not. Presence, the formats of new matches, and the number of players online rest on it.
 */
export interface Registry {
  /** Registers this node, and resolves once it knows the others. Rejects if Redis is away. */
  start(): Promise<void>
  /** Whether a node renews its entry, as far as this node knows: while Redis is away no node is suspected. */
  isLive(node: string): boolean
  /** Asks Redis about a node that seems dead. Rejects if Redis is away. */
  isDead(node: string): Promise<boolean>
  /** The newest format that every live node understands: from now on everything is written in it. */
  format(): number
  /** Calls back with nodes that have stopped renewing their entries. They may be stalled and come back. */
  onLost(listener: (nodes: readonly string[]) => void): void
  /** Calls back when this node renews its entry after others may have taken it for dead. */
  onReturn(listener: () => void): void
  /** Whether this node has clearly more players than the live nodes have on average: new connections are better placed elsewhere. */
  isCrowded(): boolean
  /** Players and matches of the whole cluster, at most a second old; updates the gauges. Rejects while Redis is away. */
  online(): Promise<OnlineReply>
  /** Removes this node from the registry at once. */
  close(): Promise<void>
}

export interface RegistryOptions {
  redis: RedisClient
  metrics: Metrics
  log: Log
  /** Names this life of the node. */
  node: string
  /** The formats that this release reads and writes. */
  formats: readonly number[]
  shards: number
  /** Players connected to this node. */
  connected(): number
  /** Whether this node drains; it does not if absent. */
  draining?: () => boolean
  /** Learns from the renewals whether Redis takes writes. */
  stores?: StoreHealth
}

const RENEW_MS = 500
/** With the time until other nodes renew their entries, less than two seconds. */
const SILENT_MS = 1400
const FRESH_MS = 1000
/** How many players above the average are tolerated: a share of it, and a few for clusters with few players. */
const UNEVEN = { share: 0.1, players: 10 }
/** Once no node is left, nothing stays behind. */
const KEEP_MS = 60_000

const RENEW = `#!lua
-- KEYS[1] hash: node -> <Redis time of its last renewal, ms>|<entry>
-- ARGV: node, entry, ms of silence after which a node is dead, ms to keep the key
-- Reply, names and values in turn: since: ms since the renewal before, if there was one; then each live node with its entry
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local before = redis.call('HGET', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', now) .. '|' .. ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
local reply = { 'since', before and now - tonumber(string.match(before, '^%d+')) or '' }
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local at, entry = string.match(all[i + 1], '^(%d+)|(.*)$')
  -- The clock has stepped back: such an entry is as good as new, and no newer, or a node that died just before would seem to live.
  if tonumber(at) > now then
    redis.call('HSET', KEYS[1], all[i], string.format('%.0f', now) .. '|' .. entry)
    at = now
  end
  if now - at <= tonumber(ARGV[3]) then
    reply[#reply + 1], reply[#reply + 2] = all[i], entry
  elseif now - at > 10 * ARGV[3] then
    redis.call('HDEL', KEYS[1], all[i])
  end
end
return reply`

interface Entry {
  players: number
  formats: readonly number[]
  /** It takes no players any more. */
  draining?: boolean
}

export function createRegistry({
  redis,
  metrics,
  log,
  node,
  formats,
  shards,
  connected,
  draining = () => false,
  stores,
}: RegistryOptions): Registry {
  const run = defineScript(redis, metrics, 'registry_renew', RENEW, 1)
  let live = new Map<string, Entry>()
  let underway: Promise<unknown> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let closed = false
  let latest: { at: number; reply: Promise<OnlineReply> } | null = null
  let lost = (_nodes: readonly string[]): void => undefined
  let returned = (): void => undefined

  async function renew(): Promise<void> {
    const entry: Entry = { players: connected(), formats, ...(draining() && { draining: true }) }
    const { since, ...entries } = fieldsOf(await run(nodesKey, node, JSON.stringify(entry), SILENT_MS, KEEP_MS))
    const before = live
    live = new Map(Object.entries(entries).map(([name, text]) => [name, JSON.parse(text ?? '') as Entry]))
    const gone = [...before.keys()].filter((name) => !live.has(name))
    if (gone.length > 0) lost(gone)
    if (before.size > 0 && (since === '' || Number(since) > SILENT_MS)) returned()
  }

  async function keepRenewing(): Promise<void> {
    const task = renew()
    underway = task.catch(() => undefined)
    try {
      await task
      stores?.wrote(null)
    } catch (error) {
      stores?.wrote(error)
      latest = null
      if (!isOutage(error)) log.error({ err: error }, 'this node could not be registered')
    }
    if (!closed) timer = setTimeout(() => void keepRenewing(), RENEW_MS)
  }
  async function count(): Promise<OnlineReply> {
    const [, ...open] = await Promise.all([renew(), ...Array.from({ length: shards }, (_, shard) => redis.zcard(dueKey(shard)))])
    const matches = open.reduce((sum, each) => sum + each, 0)
    const players = [...live.values()].reduce((sum, each) => sum + each.players, 0)
    metrics.online.set(players)
    metrics.open.set(matches)
    return { players, matches }
  }

  return {
    async start() {
      await renew()
      timer = setTimeout(() => void keepRenewing(), RENEW_MS)
    },
    isLive: (name) => live.size === 0 || live.has(name),
    async isDead(name) {
      if (live.has(name)) return false
      // It may have started since the last look.
      await renew()
      return !live.has(name)
    },
    format: () => Math.max(...formats.filter((format) => [...live.values()].every((entry) => entry.formats.includes(format)))),
    isCrowded() {
      // A draining node would lower the average as it empties, until all others refused its players and nginx led them back to it.
      const others = [...live].filter(([name, entry]) => name !== node && !entry.draining)
      if (others.length === 0) return false
      // This node knows its own number: the entries are half a second old.
      const average = (others.reduce((sum, [, { players }]) => sum + players, 0) + connected()) / (others.length + 1)
      return connected() > average * (1 + UNEVEN.share) + UNEVEN.players
    },
    onLost(listener) {
      lost = listener
    },
    onReturn(listener) {
      returned = listener
    },
    online() {
      if (latest && performance.now() - latest.at < FRESH_MS) return latest.reply
      const mine = { at: performance.now(), reply: count() }
      latest = mine
      // A failed result is not kept.
      mine.reply.catch(() => {
        if (latest === mine) latest = null
      })
      return mine.reply
    },
    async close() {
      closed = true
      clearTimeout(timer)
      await underway
      // Not renewing its entry removes it as well.
      await redis.hdel(nodesKey, node).catch(() => undefined)
    },
  }
}

/** Nodes of release 0.1 that have reported within six seconds: they do not understand the matches of this release. */
export async function nodesOfRelease01(redis: RedisClient): Promise<number> {
  const [seconds] = await redis.time()
  return redis.zcount(onlineHeartbeatsKey, Number(seconds) * 1000 - 6000, '+inf')
}
