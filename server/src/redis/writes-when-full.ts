import type { Metrics } from '../metrics.ts'
import { defineScript } from '../scripts.ts'
import type { RedisClient } from './connect.ts'

/**
 * Writes that succeed while Redis is at its memory limit: those that follow from a recorded match. The outbox is trimmed only after them,
 * and it may be the outbox that fills Redis. They take less memory than the entries of the match that are removed next.
 */
export interface WritesWhenFull {
  /** Sets a text that expires after `ms`; with `present`, only if the key exists. */
  set(key: string, text: string, ms: number, who: 'all' | 'present'): Promise<void>
  /**
   * Sets scores of a sorted set; with `present`, only of members that it has.
   * @param expiresAt epoch ms; null leaves the expiry as it is
   */
  score(key: string, scores: readonly { member: string; score: number }[], who: 'all' | 'present', expiresAt: number | null): Promise<void>
}

const SET = `#!lua flags=allow-oom
-- KEYS[1] text; ARGV: text, ms until it expires, all | present
if ARGV[3] == 'present' then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'XX')
else redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
return 1`

const SCORE = `#!lua flags=allow-oom
-- KEYS[1] sorted set; ARGV: all | present, when it expires in epoch ms or '', then score and member in turn
for i = 3, #ARGV, 2 do
  if ARGV[1] == 'present' then redis.call('ZADD', KEYS[1], 'XX', ARGV[i], ARGV[i + 1])
  else redis.call('ZADD', KEYS[1], ARGV[i], ARGV[i + 1]) end
end
if ARGV[2] ~= '' then redis.call('PEXPIREAT', KEYS[1], ARGV[2]) end
return 1`

export function writesWhenFull(redis: RedisClient, metrics: Pick<Metrics, 'scriptSeconds'> | null): WritesWhenFull {
  const set = defineScript(redis, metrics, 'set_when_full', SET, 1)
  const score = defineScript(redis, metrics, 'score_when_full', SCORE, 1)
  return {
    async set(key, text, ms, who) {
      await set(key, text, ms, who)
    },
    async score(key, scores, who, expiresAt) {
      await score(key, who, expiresAt ?? '', ...scores.flatMap((each) => [each.score, each.member]))
    },
  }
}
