import { randomUUID } from 'node:crypto'
import type { RedisClient } from '../redis/connect.ts'
import type { OnlineReply } from '../../client-sdk/src/protocol.ts'
import { isOutage } from '../errors.ts'
import { dueKey, onlineCountsKey, onlineHeartbeatsKey } from '../keys.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import { defineScript } from '../scripts.ts'
import type { StoreWatch } from '../store-watch.ts'

/**
 * How many players are online and how many matches run, in the whole cluster. Each node reports how many sockets it
 * has; a player has one, so nobody is counted twice for longer than his dead node is still believed.
 */
export interface Online {
  /** A second old at most; brings the gauges up to date. Rejects while Redis is away. */
  numbers(): Promise<OnlineReply>
  /** Takes this node out of the sum. */
  close(): Promise<void>
}

export interface OnlineOptions {
  redis: RedisClient
  metrics: Metrics
  log: Log
  /** For the log of Redis: the name of this node. It need not be unique. */
  node: string
  shards: number
  /** Players connected to this node. */
  connected(): number
  /** Learns by the reports of this node whether Redis takes writes. */
  stores: StoreWatch
}

const REPORT_MS = 2000
/** A node that has been silent for three reports does not count. */
const SILENT_MS = 3 * REPORT_MS
const FRESH_MS = 1000
/** When no node is left, nothing stays behind. */
const KEEP_MS = 60_000

const REPORT = `
-- KEYS[1] hash: node -> its players; KEYS[2] zset: node -> Redis time of its last report, ms
-- ARGV: node, its players, ms of silence after which a node does not count, ms to keep the keys
-- Reply: the players of all nodes. Both keys hold the same nodes.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[2], now, ARGV[1])
for _, node in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now - ARGV[3])) do
  redis.call('HDEL', KEYS[1], node)
  redis.call('ZREM', KEYS[2], node)
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
local sum = 0
for _, players in ipairs(redis.call('HVALS', KEYS[1])) do sum = sum + players end
return sum`

export function createOnline({ redis, metrics, log, node, shards, connected, stores }: OnlineOptions): Online {
  const script = defineScript(redis, metrics, 'online_report', REPORT, 2)
  // A node that was restarted is another one: what the old one reported must not count as its own.
  const self = `${node}:${randomUUID()}`
  let latest: { at: number; reply: Promise<OnlineReply> } | null = null
  let underway: Promise<unknown> = Promise.resolve()
  let closed = false

  function report(): Promise<number> {
    const sum = script(onlineCountsKey, onlineHeartbeatsKey, self, connected(), SILENT_MS, KEEP_MS) as Promise<number>
    underway = sum.catch(() => undefined)
    return sum
  }

  async function count(): Promise<OnlineReply> {
    const [players, ...open] = await Promise.all([report(), ...Array.from({ length: shards }, (_, shard) => redis.zcard(dueKey(shard)))])
    const matches = open.reduce((sum, each) => sum + each, 0)
    metrics.online.set(players)
    metrics.open.set(matches)
    return { players, matches }
  }

  async function keepReporting(): Promise<void> {
    try {
      await report()
      stores.wrote(null)
    } catch (fault) {
      stores.wrote(fault)
      if (!isOutage(fault)) log.error({ err: fault }, 'the number of players could not be reported')
    }
    if (!closed) timer = setTimeout(() => void keepReporting(), REPORT_MS)
  }
  let timer: NodeJS.Timeout
  void keepReporting()

  return {
    numbers() {
      if (latest && performance.now() - latest.at < FRESH_MS) return latest.reply
      const mine = { at: performance.now(), reply: count() }
      latest = mine
      // What failed is not worth keeping.
      mine.reply.catch(() => {
        if (latest === mine) latest = null
      })
      return mine.reply
    },
    async close() {
      closed = true
      clearTimeout(timer)
      await underway
      await redis
        .multi()
        .hdel(onlineCountsKey, self)
        .zrem(onlineHeartbeatsKey, self)
        .exec()
        .catch((fault: unknown) => {
          // Silence takes it out as well.
          if (!isOutage(fault)) throw fault
        })
    },
  }
}
