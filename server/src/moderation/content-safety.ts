import type { OwnPlayer } from '../../../client-sdk/src/protocol.ts'
import type { Players } from '../players/players.ts'
import type { Config } from '../config.ts'
import type { Database } from '../database.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { Poll } from '../poll.ts'
import type { RedisClient } from '../redis/connect.ts'
import type { WechatApi } from '../wechat/api.ts'
import { createCheckResults, type CheckResults } from './check-results.ts'
import { startChecker } from './checker.ts'
import { createContentChecks } from './content-checks.ts'
import { checkedProfiles, type Profiles } from './profiles.ts'
import { createReviews } from './review.ts'
import { createWechatChecks } from './wechat-checks.ts'

export interface ContentSafetyOptions {
  redis: RedisClient
  database: Database
  players: Players
  config: Config
  api: WechatApi
  metrics: Metrics
  log: Log
  failed(error: unknown): void
  sendTo(player: OwnPlayer): void
}

/** Everything that makes WeChat decide on what players show of themselves. */
export interface ContentSafety {
  profiles: Profiles
  results: CheckResults
  /** Starts to send checks to WeChat, once the stores are available. */
  start(): void
  close(): Promise<void>
}

export function createContentSafety({
  redis,
  database,
  players,
  config,
  api,
  metrics,
  log,
  failed,
  sendTo,
}: ContentSafetyOptions): ContentSafety {
  const checks = createContentChecks(database)
  const reviews = createReviews(redis, checks)
  const results = createCheckResults({ redis, checks, players, reviews, config, metrics, sendTo })
  const wechat = createWechatChecks(api, log)
  let checker: Poll | null = null
  return {
    results,
    profiles: checkedProfiles({ players, checks, reviews, submitted: () => checker?.wake(), log }),
    start() {
      checker ??= startChecker({ checks, wechat, results, config, metrics, log, failed })
    },
    close: async () => checker?.close(),
  }
}
