import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Config } from '../config.ts'
import { CatalogueError } from '../errors.ts'
import { wechatTokenForcedKey, wechatTokenKey, wechatTokenLockKey } from '../keys.ts'
import type { Log } from '../log.ts'
import type { RedisClient } from '../redis/connect.ts'
import { readAnswer } from './response.ts'
import { createSeal } from './seal.ts'

/**
 * The access token with which a server calls WeChat. All nodes share one through Redis, as WeChat limits how often it is requested. It is
 * renewed before it ends; in its last five minutes WeChat returns the next one, and accepts both.
 * @see https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-access-token/getStableAccessToken.html
 */
export interface AccessTokens {
  /** @throws CatalogueError wechat_unavailable; rejects if Redis is away */
  get(): Promise<string>
  /**
   * Another token than this one, which WeChat has refused. First the one that another node has fetched by now; then the one that WeChat
   * returns; only if that is still the refused one, WeChat is made to replace it, which it does 20 times per day.
   * @throws as `get`
   */
  renew(refused: string): Promise<string>
}

/** The token is renewed when less than this is left of it, ms: within the five minutes in which WeChat returns the next one. */
const RENEW_BEFORE_MS = 240_000
/** WeChat ignores a forced refresh that follows another one sooner than this, ms. */
const FORCED_EVERY_MS = 30_000
/** How often a node that waits for another one checks whether it has the token, ms. */
const LOOK_MS = 100
const RETRY_AFTER_MS = 1000

const answerSchema = z.object({
  errcode: z.coerce.number().int().default(0),
  access_token: z.string().min(1).max(2048).optional(),
  expires_in: z.coerce.number().int().positive().optional(),
})

interface Held {
  token: string
  leftMs: number
}

export interface AccessTokensOptions {
  redis: RedisClient
  config: Pick<Config, 'WECHAT_API_URL' | 'WECHAT_APPID' | 'WECHAT_SECRET' | 'WECHAT_TIMEOUT_MS'>
  log: Log
}

export function createAccessTokens({ redis, config, log }: AccessTokensOptions): AccessTokens {
  const { seal, open } = createSeal(config.WECHAT_SECRET)
  const lockMs = 2 * config.WECHAT_TIMEOUT_MS + 1000

  async function held(): Promise<Held | null> {
    const [sealed, leftMs] = await Promise.all([redis.get(wechatTokenKey), redis.pttl(wechatTokenKey)])
    const token = sealed === null ? null : open(sealed)
    return token === null || leftMs <= 0 ? null : { token, leftMs }
  }

  async function ask(forced: boolean): Promise<string> {
    const body = JSON.stringify({
      grant_type: 'client_credential',
      appid: config.WECHAT_APPID,
      secret: config.WECHAT_SECRET,
      force_refresh: forced,
    })
    let answer: z.infer<typeof answerSchema>
    try {
      const response = await fetch(new URL('/cgi-bin/stable_token', config.WECHAT_API_URL), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(config.WECHAT_TIMEOUT_MS),
        redirect: 'error',
      })
      answer = answerSchema.parse(await readAnswer(response))
    } catch (error) {
      // Never the message: it may quote what was sent.
      log.warn({ reason: error instanceof Error ? error.name : 'unknown' }, 'WeChat returned no access token')
      throw unavailable()
    }
    const { errcode, access_token: token, expires_in: seconds } = answer
    if (token === undefined || seconds === undefined) {
      log.error({ errcode }, 'WeChat refuses an access token: check WECHAT_APPID, WECHAT_SECRET and the allowlist of addresses')
      throw unavailable()
    }
    await redis.set(wechatTokenKey, seal(token), 'PX', seconds * 1000)
    return token
  }

  /** Runs it on one node at a time; undefined if another node has the lock, which expires by itself if that node dies. */
  async function locked<T>(run: () => Promise<T>): Promise<T | undefined> {
    if ((await redis.set(wechatTokenLockKey, '1', 'PX', lockMs, 'NX')) === null) return undefined
    try {
      return await run()
    } finally {
      // If it took so long that another node has the lock by now, a third node may ask WeChat too, which returns the same token.
      await redis.del(wechatTokenLockKey)
    }
  }

  /** Until there is a token that will do, or this node has fetched one. */
  async function until(
    fits: (held: Held) => boolean,
    fetchOne: () => Promise<string>,
    meanwhile: (held: Held) => boolean,
  ): Promise<string> {
    const deadline = performance.now() + lockMs
    do {
      const shared = await held()
      if (shared && fits(shared)) return shared.token
      const mayDo = shared !== null && meanwhile(shared)
      try {
        const fetched = await locked(async () => {
          const fresh = await held()
          return fresh && fits(fresh) ? fresh.token : fetchOne()
        })
        if (fetched !== undefined) return fetched
      } catch (error) {
        // WeChat returns no new token: the one that has not ended yet still works.
        if (!mayDo || !(error instanceof CatalogueError)) throw error
      }
      if (mayDo) return shared.token
      await sleep(LOOK_MS)
    } while (performance.now() < deadline)
    throw unavailable()
  }

  return {
    get: () =>
      until(
        ({ leftMs }) => leftMs > RENEW_BEFORE_MS,
        () => ask(false),
        () => true,
      ),
    renew: (refused) =>
      until(
        ({ token }) => token !== refused,
        async () => {
          const current = await ask(false)
          if (current !== refused) return current
          if ((await redis.set(wechatTokenForcedKey, '1', 'PX', FORCED_EVERY_MS, 'NX')) === null) throw unavailable()
          return ask(true)
        },
        () => false,
      ),
  }
}

const unavailable = (): CatalogueError => new CatalogueError('wechat_unavailable', { retryAfterMs: RETRY_AFTER_MS })
