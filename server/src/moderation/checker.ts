import type { Config } from '../config.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import { startPoll, type Poll } from '../poll.ts'
import type { CheckResults } from './check-results.ts'
import type { Check, ContentChecks } from './content-checks.ts'
import type { Delay, Suggestion, WechatChecks } from './wechat-checks.ts'

/** Checks that a node leases at once. */
const AT_ONCE = 8

type CheckerConfig = Pick<
  Config,
  | 'CONTENT_CHECK_POLL_MS'
  | 'CONTENT_CHECK_LEASE_MS'
  | 'CONTENT_CHECK_RETRY_MS'
  | 'CONTENT_CHECK_RETRY_MAX_MS'
  | 'CONTENT_CHECK_QUOTA_MS'
  | 'CONTENT_CHECK_ANSWER_MS'
>

export interface CheckerOptions {
  checks: ContentChecks
  wechat: WechatChecks
  results: CheckResults
  config: CheckerConfig
  metrics: Pick<Metrics, 'contentChecks'>
  log: Log
  /** Called with every error of a store. */
  failed(error: unknown): void
}

/** How long to wait before the next attempt, ms. Randomised, as after an outage of WeChat many checks are due at once. */
export function retryMs(
  attempts: number,
  { CONTENT_CHECK_RETRY_MS: first, CONTENT_CHECK_RETRY_MAX_MS: max }: Pick<Config, 'CONTENT_CHECK_RETRY_MS' | 'CONTENT_CHECK_RETRY_MAX_MS'>,
): number {
  return Math.round(Math.min(max, first * 2 ** Math.min(attempts - 1, 30)) * (0.75 + Math.random() / 4))
}

/** Sends nicknames and pictures to WeChat, on every node, beside play and without delaying it. */
export function startChecker({ checks, wechat, results, config, metrics, log, failed }: CheckerOptions): Poll {
  let pausedUntil = 0

  async function delay(check: Check, why: Delay): Promise<void> {
    metrics.contentChecks.inc({ kind: check.kind, outcome: why })
    if (why === 'quota') pausedUntil = performance.now() + config.CONTENT_CHECK_QUOTA_MS
    await checks.postpone(check, Math.max(why === 'quota' ? config.CONTENT_CHECK_QUOTA_MS : 0, retryMs(check.attempts, config)))
  }

  const apply = (check: Check, suggestion: Suggestion): Promise<void> => results.apply(check, suggestion)

  async function look(check: Check): Promise<void> {
    if (check.state !== 'pending') return results.followUp(check)
    if (check.kind === 'nickname') {
      const outcome = await wechat.text(check.openid, check.value)
      return 'delay' in outcome ? delay(check, outcome.delay) : apply(check, outcome.suggestion)
    }
    const outcome = await wechat.picture(check.openid, check.value)
    if ('delay' in outcome) return delay(check, outcome.delay)
    if ('suggestion' in outcome) return apply(check, outcome.suggestion)
    metrics.contentChecks.inc({ kind: check.kind, outcome: 'asked' })
    if (await checks.asked(check, outcome.traceId, config.CONTENT_CHECK_ANSWER_MS)) await results.early(outcome.traceId)
  }

  /** True if there may be more. */
  async function round(): Promise<boolean> {
    if (performance.now() < pausedUntil) return false
    const leased = await checks.lease(AT_ONCE, config.CONTENT_CHECK_LEASE_MS)
    // A check that fails is due again at the end of the lease.
    const outcomes = await Promise.allSettled(leased.map(look))
    const error = outcomes.find((each) => each.status === 'rejected')
    if (error) throw error.reason
    return leased.length === AT_ONCE
  }

  return startPoll({ everyMs: config.CONTENT_CHECK_POLL_MS, round, what: 'the check of a nickname or picture', failed, log })
}
