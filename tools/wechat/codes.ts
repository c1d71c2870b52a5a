/** The replies of WeChat's `jscode2session`. */
export type CodeAnswer = { openid: string } | { errcode: number; errmsg: string }

export const ERRMSG: Record<number, string> = {
  [-1]: 'system error',
  40001: 'invalid credential, access_token is invalid or not latest',
  40002: 'invalid grant_type',
  40003: 'invalid openid',
  40013: 'invalid appid',
  40029: 'invalid code',
  40037: 'invalid template_id',
  40125: 'invalid appsecret',
  40129: 'invalid scene',
  40163: 'code been used',
  40226: 'code blocked',
  41002: 'appid missing',
  41004: 'appsecret missing',
  41008: 'missing code',
  43101: 'user refuse to accept the msg',
  44002: 'empty post data',
  45009: 'reach max api daily quota limit',
  45011: 'api minute-quota reach limit mustslower retry next minute',
  47001: 'data format error',
  61010: 'user access record timeout',
}

/** A failure in WeChat's words; its messages end in a request id. */
export const failure = (errcode: number): { errcode: number; errmsg: string } => ({
  errcode,
  errmsg: `${ERRMSG[errcode] ?? 'error'}, rid: ${crypto.randomUUID().slice(0, 21)}`,
})

/** Milliseconds for which WeChat accepts a code. */
export const CODE_LIFE_MS = 5 * 60_000

const OPENID = /^[A-Za-z0-9_-]{1,64}$/
const EPOCH_MS = /^\d{13}$/
const ERROR = /^error\.(-?\d{1,6})(?:\.|$)/

export interface Codes {
  /** The reply to a code. It changes later replies: a code works once. */
  redeem(code: string): CodeAnswer
  /** How many used codes are remembered. */
  readonly size: number
}

export interface CodesOptions {
  /** Epoch ms. */
  now?: () => number
  /** The largest number of used codes to remember; the oldest are forgotten first. */
  limit?: number
}

/**
 * The codes of the stand-in. The caller invents them, so nothing is issued here. What can be kept of WeChat's rules:
 * - a code works once: a used one is remembered and refused for five minutes;
 * - a code works for five minutes: if the part after the name is a time (13 digits, epoch ms), it counts from there.
 */
export function createCodes({ now = Date.now, limit = 100_000 }: CodesOptions = {}): Codes {
  /** Code → when it may be forgotten. All live equally long, so the order of insertion is the order of expiry. */
  const used = new Map<string, number>()

  function forget(at: number): void {
    for (const [code, expiry] of used) {
      if (expiry > at && used.size <= limit) return
      used.delete(code)
    }
  }

  return {
    get size() {
      return used.size
    },
    redeem(code) {
      const errcode = ERROR.exec(code)?.[1]
      if (errcode !== undefined) return failure(Number(errcode))
      const [openid = '', issued = ''] = code.split('.')
      if (!OPENID.test(openid)) return failure(40029)
      const at = now()
      if (EPOCH_MS.test(issued) && at - Number(issued) > CODE_LIFE_MS) return failure(40029)
      if ((used.get(code) ?? 0) > at) return failure(40163)
      used.delete(code)
      used.set(code, at + CODE_LIFE_MS)
      forget(at)
      return { openid }
    },
  }
}
