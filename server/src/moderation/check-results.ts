import type { OwnPlayer } from '../../../client-sdk/src/protocol.ts'
import type { Players } from '../players/players.ts'
import type { Config } from '../config.ts'
import { earlyAnswerKey } from '../keys.ts'
import type { Metrics } from '../metrics.ts'
import type { RedisClient } from '../redis/connect.ts'
import { retryMs } from './checker.ts'
import type { Check, ContentChecks } from './content-checks.ts'
import type { Reviews } from './review.ts'
import { suggestions, type Suggestion } from './wechat-checks.ts'

/** Applies the results of content checks. Each of these may be repeated, and may come late. */
export interface CheckResults {
  /** Applies WeChat's result for a value, if it is still the pending one, and sends it to the player. */
  apply(check: Check, suggestion: Suggestion): Promise<void>
  /** Publishes a decision that MySQL holds to everybody concerned. */
  followUp(check: Check): Promise<void>
  /** The result for a picture, as the message push brings it; null if WeChat could not check it. Resolves once it needs no repetition. */
  ofPicture(traceId: string, suggestion: Suggestion | null): Promise<void>
  /** Applies a result that arrived before the check was noted under its trace id. */
  early(traceId: string): Promise<void>
}

export interface CheckResultsOptions {
  redis: RedisClient
  checks: ContentChecks
  players: Players
  reviews: Reviews
  config: Pick<Config, 'CONTENT_CHECK_LEASE_MS' | 'CONTENT_CHECK_RETRY_MS' | 'CONTENT_CHECK_RETRY_MAX_MS' | 'CONTENT_CHECK_ANSWER_MS'>
  metrics: Pick<Metrics, 'contentChecks'>
  /** Sends a record to the player's own sockets, on whatever node they are. */
  sendTo(player: OwnPlayer): void
}

const FAILED = 'failed'

export function createCheckResults({ redis, checks, players, reviews, config, metrics, sendTo }: CheckResultsOptions): CheckResults {
  async function followUp(check: Check): Promise<void> {
    const { playerId } = check
    const records = await players.publish(await players.read([playerId]))
    await reviews.publish(playerId)
    for (const record of records) sendTo(await reviews.own(record))
    await checks.done(check)
  }

  async function apply(check: Check, suggestion: Suggestion): Promise<void> {
    // There is nobody to review what WeChat is not sure of, so it is not shown to others.
    const decision = suggestion === 'pass' ? 'accepted' : 'rejected'
    if (!(await checks.decide(check, decision, config.CONTENT_CHECK_LEASE_MS))) return
    metrics.contentChecks.inc({ kind: check.kind, outcome: decision })
    await followUp({ ...check, state: decision })
  }

  async function applyOrRetry(check: Check, suggestion: Suggestion | null): Promise<void> {
    if (suggestion !== null) return apply(check, suggestion)
    metrics.contentChecks.inc({ kind: check.kind, outcome: FAILED })
    await checks.postpone(check, retryMs(check.attempts, config))
  }

  return {
    apply,
    followUp,
    async ofPicture(traceId, suggestion) {
      const known = await checks.byTrace(traceId)
      if (known) return applyOrRetry(known, suggestion)
      // The node that sent the picture may not have noted its trace id yet: it looks here after it has. So one of the two sees the other.
      await redis.set(earlyAnswerKey(traceId), suggestion ?? FAILED, 'PX', config.CONTENT_CHECK_ANSWER_MS)
      const noted = await checks.byTrace(traceId)
      if (noted) await applyOrRetry(noted, suggestion)
    },
    async early(traceId) {
      const answer = await redis.get(earlyAnswerKey(traceId))
      if (answer === null) return
      const check = await checks.byTrace(traceId)
      if (check) await applyOrRetry(check, answer === FAILED ? null : suggestions.parse(answer))
    },
  }
}
