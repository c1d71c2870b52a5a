import type { Metrics } from '../metrics.ts'
import { defineScript } from '../scripts.ts'
import type { RedisClient } from './connect.ts'

/**
 * Writes that succeed while Redis is at its memory limit: those that follow from a recorded match. The outbox is trimmed only after them,
 * and it may be the outbox that fills Redis. They take less memory than the entries of the match that are removed next.
 */
export interface WritesWhenFull {
  /** Sets texts that expire after `ms`; with `present`, only those whose key exists. */
  set(texts: readonly { key: string; text: string }[], ms: number, who: 'all' | 'present'): Promise<void>
  /**
   * Sets scores of a sorted set; with `present`, only of members that it has.
   * @param expiresAt epoch ms; null leaves the expiry as it is
   */
  score(key: string, scores: readonly { member: string; score: number }[], who: 'all' | 'present', expiresAt: number | null): Promise<void>
}

const SET = `#!lua flags=allow-oom
-- KEYS: texts; ARGV: ms until they expire, all | present, then the text of each key
for i, key in ipairs(KEYS) do
  if ARGV[2] == 'present' then redis.call('SET', key, ARGV[i + 2], 'PX', ARGV[1], 'XX')
  else redis.call('SET', key, ARGV[i + 2], 'PX', ARGV[1]) end
end
return 1`

const SCORE = `#!lua flags=allow-oom
-- KEYS[1] sorted set; ARGV: all | present, when it expires in epoch ms or '', then score and member in turn
for i = 3, #ARGV, 2 do
  if ARGV[1] == 'present' then redis.call('ZADD', KEYS[1], 'XX', ARGV[i], ARGV[i + 1])
  else redis.call('ZADD', KEYS[1], ARGV[i], ARGV[i + 1]) end
end
if ARGV[2] ~= '' then redis.call('PEXPIREAT', KEYS[1], ARGV[2]) end
return 1`

/** Keys of one script, which keeps Redis busy for less than a millisecond. */
const TEXTS_AT_ONCE = 100

export function writesWhenFull(redis: RedisClient, metrics: Pick<Metrics, 'scriptSeconds'> | null): WritesWhenFull {
  const set = defineScript(redis, metrics, 'set_when_full', SET)
  const score = defineScript(redis, metrics, 'score_when_full', SCORE, 1)
  return {
    async set(texts, ms, who) {
      // On a Cluster, keys are in many slots.
      const atOnce = redis.isCluster ? 1 : TEXTS_AT_ONCE
      const calls: Promise<unknown>[] = []
      for (let from = 0; from < texts.length; from += atOnce) {
        const some = texts.slice(from, from + atOnce)
        calls.push(set(some.length, ...some.map(({ key }) => key), ms, who, ...some.map(({ text }) => text)))
      }
      await Promise.all(calls)
    },
    async score(key, scores, who, expiresAt) {
      await score(key, who, expiresAt ?? '', ...scores.flatMap((each) => [each.score, each.member]))
    },
  }
}
