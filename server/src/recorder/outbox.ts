import type { RedisClient } from '../redis/connect.ts'
import { leaseKey, outboxKey } from '../keys.ts'
import type { Metrics } from '../metrics.ts'
import { defineScript } from '../scripts.ts'
import type { StreamEntry } from './events.ts'

/**
 * The outbox streams, from the recorder's side. All of this works while Redis is at its memory limit: it may be the outbox that
 * fills it, and only the recorder empties that.
 */
export interface Outbox {
  /** Entries after the cursor of each of these shards, oldest first, in the order of the cursors; at most `count` of each. */
  read(cursors: ReadonlyMap<number, string>, count: number): Promise<StreamEntry[][]>
  /** Entries after `after`, up to and including `cursor`, oldest first: recorded, but not removed. */
  copied(shard: number, after: string, cursor: string, count: number): Promise<StreamEntry[]>
  /** Removes the entries up to and including the cursor of each of these shards. */
  trim(cursors: ReadonlyMap<number, string>): Promise<void>
  /** Removes single entries. */
  remove(shard: number, ids: readonly string[]): Promise<void>
  /** Entries that are not removed yet, and the age of the oldest in ms. */
  backlog(shard: number): Promise<{ count: number; ageMs: number }>
  /**
   * After a loss of Redis a stream may begin again below the cursor: lifts its last id, so that no new event gets an id that counts as
   * recorded.
   */
  lift(shard: number, cursor: string): Promise<void>
  /**
   * Takes or keeps the lease of a shard. It only saves work: the cursor keeps the records right.
   * - `taken`: nobody had it. If this recorder had it before, it has expired or Redis has lost it.
   * - `kept`: this recorder had it already.
   * - `refused`: another recorder has it.
   */
  lease(shard: number, owner: string, ms: number): Promise<'taken' | 'kept' | 'refused'>
  release(shard: number, owner: string): Promise<void>
}

const LIFT = `#!lua flags=allow-oom
-- KEYS[1] stream; ARGV: the cursor, <ms>-<seq>
local ms, seq = string.match(ARGV[1], '^(%d+)-(%d+)$')
local last = '0-0'
if redis.call('EXISTS', KEYS[1]) == 1 then
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #info, 2 do if info[i] == 'last-generated-id' then last = info[i + 1] end end
end
local lastMs, lastSeq = string.match(last, '^(%d+)-(%d+)$')
ms, seq, lastMs, lastSeq = tonumber(ms), tonumber(seq), tonumber(lastMs), tonumber(lastSeq)
if lastMs > ms or (lastMs == ms and lastSeq >= seq) then return 0 end
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('XADD', KEYS[1], ARGV[1], 'type', 'none')
  redis.call('XDEL', KEYS[1], ARGV[1])
else
  redis.call('XSETID', KEYS[1], ARGV[1])
end
return 1`

const LEASE = `#!lua flags=allow-oom
-- KEYS[1] lease; ARGV: owner, ms
-- Reply: taken | kept | refused
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 'refused' end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return owner and 'kept' or 'taken'`

const RELEASE = `#!lua flags=allow-oom
-- KEYS[1] lease; ARGV: owner
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1`

export function createOutbox(redis: RedisClient, metrics: Metrics): Outbox {
  const lift = defineScript(redis, metrics, 'outbox_lift', LIFT, 1)
  const lease = defineScript(redis, metrics, 'outbox_lease', LEASE, 1)
  const release = defineScript(redis, metrics, 'outbox_release', RELEASE, 1)
  return {
    read: (cursors, count) =>
      Promise.all([...cursors].map(([shard, cursor]) => redis.xrange(outboxKey(shard), `(${cursor}`, '+', 'COUNT', count))),
    copied: (shard, after, cursor, count) => redis.xrange(outboxKey(shard), `(${after}`, cursor, 'COUNT', count),
    async trim(cursors) {
      await Promise.all(
        [...cursors].map(([shard, cursor]) => {
          const [ms, seq] = cursor.split('-')
          return redis.xtrim(outboxKey(shard), 'MINID', `${ms}-${Number(seq) + 1}`)
        }),
      )
    },
    async remove(shard, ids) {
      if (ids.length > 0) await redis.xdel(outboxKey(shard), ...ids)
    },
    async backlog(shard) {
      const [count, first] = await Promise.all([redis.xlen(outboxKey(shard)), redis.xrange(outboxKey(shard), '-', '+', 'COUNT', 1)])
      const oldest = first[0]
      return oldest ? { count, ageMs: Math.max(0, Date.now() - Number.parseInt(oldest[0], 10)) } : { count: 0, ageMs: 0 }
    },
    async lift(shard, cursor) {
      await lift(outboxKey(shard), cursor)
    },
    lease: async (shard, owner, ms) => (await lease(leaseKey(shard), owner, ms)) as 'taken' | 'kept' | 'refused',
    async release(shard, owner) {
      await release(leaseKey(shard), owner)
    },
  }
}
