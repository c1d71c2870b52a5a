import { z } from 'zod'
import type { Config } from '../config.ts'
import { CatalogueError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { AccessTokens } from './access-token.ts'
import { readAnswer } from './response.ts'

/** Calls of WeChat that need an access token. */
export interface WechatApi {
  /**
   * Posts JSON and returns the content of the reply, errors of WeChat (`errcode`) included. A token that WeChat refuses is renewed and the
   * call repeated, once.
   * @throws CatalogueError wechat_unavailable without a reply, or with one that does not fit; rejects if Redis is away
   */
  post<T extends z.ZodRawShape>(path: string, body: object, shape: T): Promise<z.infer<z.ZodObject<T>> & { errcode: number }>
}

/** Invalid, expired or malformed: https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/sec-center/sec-check/msgSecCheck.html */
const TOKEN_REFUSED = new Set([40001, 40014, 42001])
const RETRY_AFTER_MS = 1000

export interface WechatApiOptions {
  tokens: AccessTokens
  config: Pick<Config, 'WECHAT_API_URL' | 'WECHAT_TIMEOUT_MS'>
  log: Log
}

export function createWechatApi({ tokens, config, log }: WechatApiOptions): WechatApi {
  async function send(path: string, token: string, body: object): Promise<unknown> {
    const url = new URL(path, config.WECHAT_API_URL)
    url.searchParams.set('access_token', token)
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(config.WECHAT_TIMEOUT_MS),
      redirect: 'error',
    })
    return readAnswer(response)
  }

  return {
    async post(path, body, shape) {
      const schema = z.object({ ...shape, errcode: z.coerce.number().int().default(0) })
      const call = async (token: string) => {
        try {
          return schema.parse(await send(path, token, body)) as z.infer<z.ZodObject<typeof shape>> & { errcode: number }
        } catch (error) {
          // The message of a failed fetch can hold the address with the token: only its kind is logged.
          log.warn({ path, reason: error instanceof Error ? error.name : 'unknown' }, 'WeChat does not reply to a call')
          throw new CatalogueError('wechat_unavailable', { retryAfterMs: RETRY_AFTER_MS })
        }
      }
      const token = await tokens.get()
      const answer = await call(token)
      return TOKEN_REFUSED.has(answer.errcode) ? call(await tokens.renew(token)) : answer
    },
  }
}
