import { z } from 'zod'
import type { Config } from '../config.ts'
import { CatalogueError } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import type { Log } from '../log.ts'
import { readAnswer } from '../wechat/response.ts'

export interface WechatIdentity {
  openid: string
  /** WeChat's key for this login; it never leaves the server. */
  sessionKey: string
}

/** WeChat's server-side API, as far as login needs it. */
export interface Wechat {
  /**
   * Exchanges a code of `wx.login` for the person's openid.
   * @throws CatalogueError invalid_code, blocked, rate_limited, wechat_unavailable (also if WeChat refuses our own credentials)
   * @see https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-login/code2Session.html
   */
  code2session(code: string): Promise<WechatIdentity>
}

const SYSTEM_BUSY = -1
/** WeChat asks callers to come back a minute later when its frequency limit is reached. */
const RETRY_AFTER_MS: Partial<Record<ErrorCode, number>> = { rate_limited: 60_000, wechat_unavailable: 1000 }

/** Every error code that WeChat documents for this call and that the caller can act on. */
const CODES: Record<number, ErrorCode> = {
  40029: 'invalid_code',
  40163: 'invalid_code',
  40226: 'blocked',
  45011: 'rate_limited',
  41008: 'bad_request',
}
/** Codes about our own AppID and AppSecret: to the caller WeChat is unavailable, to the operator it is an error. */
const CREDENTIALS = new Set([40001, 40013, 40125, 41002, 41004])

/** WeChat's replies are checked like any input: a proxy may stand between. Codes have come as text, too. */
const answerSchema = z.object({
  errcode: z
    .union([
      z.int(),
      z
        .string()
        .regex(/^-?\d{1,9}$/)
        .transform(Number),
    ])
    .default(0),
  // As long as the columns and keys that they are stored in.
  openid: z.string().min(1).max(64).optional(),
  session_key: z.string().min(1).max(256).optional(),
})
type Answer = z.infer<typeof answerSchema>

type WechatConfig = Pick<Config, 'WECHAT_API_URL' | 'WECHAT_APPID' | 'WECHAT_SECRET' | 'WECHAT_TIMEOUT_MS'>

export function createWechat(config: WechatConfig, log: Log): Wechat {
  async function ask(code: string): Promise<Answer> {
    const url = new URL('/sns/jscode2session', config.WECHAT_API_URL)
    url.search = new URLSearchParams({
      appid: config.WECHAT_APPID,
      secret: config.WECHAT_SECRET,
      js_code: code,
      grant_type: 'authorization_code',
    }).toString()
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(config.WECHAT_TIMEOUT_MS), redirect: 'error' })
      return answerSchema.parse(await readAnswer(response))
    } catch (error) {
      // The message of a fetch failure can hold the whole address with the secret: only its kind is logged.
      log.warn({ reason: error instanceof Error ? error.name : 'unknown' }, 'WeChat does not reply')
      throw new CatalogueError('wechat_unavailable', { retryAfterMs: RETRY_AFTER_MS.wechat_unavailable ?? 1000 })
    }
  }

  return {
    async code2session(code) {
      let answer = await ask(code)
      if (answer.errcode === SYSTEM_BUSY) answer = await ask(code)
      const { errcode, openid, session_key: sessionKey } = answer
      if (errcode === 0 && openid && sessionKey) return { openid, sessionKey }
      const known = CODES[errcode] ?? 'wechat_unavailable'
      if (CREDENTIALS.has(errcode)) log.error({ errcode }, 'WeChat refuses our AppID or AppSecret: check WECHAT_APPID and WECHAT_SECRET')
      else log.info({ errcode }, 'WeChat refused a login')
      const retryAfterMs = RETRY_AFTER_MS[known]
      throw new CatalogueError(known, retryAfterMs === undefined ? {} : { retryAfterMs })
    },
  }
}
