import express, { Router, type Request } from 'express'
import { z } from 'zod'
import { CatalogueError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { CheckResults } from '../moderation/check-results.ts'
import { suggestions } from '../moderation/wechat-checks.ts'
import { createPushCipher, isSame, signatureOf } from '../wechat/push.ts'

export const PUSH_PATH = '/api/wechat/push'

export interface WechatPushOptions {
  appid: string
  token: string
  /** EncodingAESKey; without it messages are accepted unencrypted. */
  aesKey: string | null
  results: Pick<CheckResults, 'ofPicture'>
  log: Log
}

const BODY_LIMIT = '64kb'
/** How far the time of a signed request may be from ours, ms: a copy of one cannot be used for ever. */
const FRESH_MS = 3_600_000

const querySchema = z.object({
  timestamp: z.string().regex(/^\d{1,13}$/),
  nonce: z.string().max(128),
  signature: z.string().optional(),
  msg_signature: z.string().optional(),
  echostr: z.string().max(256).optional(),
})
const encryptedSchema = z.object({ Encrypt: z.string() })
const messageSchema = z.object({ Event: z.string().optional(), appid: z.string().optional() })
const mediaSchema = z.object({
  trace_id: z.string().min(1).max(64),
  errcode: z.coerce.number().int().default(0),
  result: z.object({ suggest: suggestions }).optional(),
})

/**
 * The message push of WeChat: the check of its URL (GET), and messages (POST) in JSON, plain or encrypted.
 * @see https://developers.weixin.qq.com/miniprogram/dev/framework/server-ability/message-push.html
 */
export function wechatPushRoutes({ appid, token, aesKey, results, log }: WechatPushOptions): Router {
  const router = Router()
  const cipher = aesKey === null ? null : createPushCipher(aesKey)

  /** @throws CatalogueError unauthorized if WeChat has not signed the request */
  function signed(request: Request): z.infer<typeof querySchema> {
    const query = querySchema.safeParse(request.query)
    if (!query.success) throw new CatalogueError('unauthorized', { message: 'Not signed.' })
    const { timestamp, nonce, signature } = query.data
    if (!isSame(signatureOf(token, timestamp, nonce), signature)) throw new CatalogueError('unauthorized', { message: 'Not signed.' })
    return query.data
  }

  /** The message of a signed request; null if it is not for this server. */
  function messageOf(request: Request): unknown {
    const { timestamp, nonce, msg_signature: messageSignature } = signed(request)
    if (Math.abs(Date.now() - Number(timestamp) * 1000) > FRESH_MS)
      throw new CatalogueError('unauthorized', { message: 'Signed too long ago.' })
    const body = jsonOf(request.body)
    if (!cipher) return body
    const encrypted = encryptedSchema.safeParse(body)
    if (!encrypted.success || !isSame(signatureOf(token, timestamp, nonce, encrypted.data.Encrypt), messageSignature))
      throw new CatalogueError('unauthorized', { message: 'Not encrypted and signed.' })
    const text = cipher.decrypt(encrypted.data.Encrypt, appid)
    return text === null ? null : jsonOf(text)
  }

  router.get(PUSH_PATH, (request, response) => {
    const { echostr = '' } = signed(request)
    // As plain text, so that a browser cannot take it for a page.
    response.set({ 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }).end(echostr)
  })

  // WeChat does not reliably declare the type of its body.
  router.post(PUSH_PATH, express.text({ type: () => true, limit: BODY_LIMIT }), async (request, response) => {
    const message = messageOf(request)
    const about = messageSchema.safeParse(message)
    if (!about.success) {
      log.error('a message of the message push cannot be read: its data format must be JSON, and WECHAT_PUSH_AES_KEY that of its settings')
      throw new CatalogueError('bad_request', { message: 'Not a message in JSON.' })
    }
    const media = about.data.Event === 'wxa_media_check' && (about.data.appid ?? appid) === appid ? mediaSchema.safeParse(message) : null
    if (media?.success) {
      const { trace_id: traceId, errcode, result } = media.data
      await results.ofPicture(traceId, errcode === 0 && result ? result.suggest : null)
    }
    // The reply that WeChat expects; it repeats a message after any other. Other kinds of messages are ignored.
    response.set('content-type', 'text/plain').end('success')
  })

  return router
}

function jsonOf(text: unknown): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : null
  } catch {
    return null
  }
}
