import { request } from 'node:https'
import { request as plainRequest } from 'node:http'
import { createPushCipher, signatureOf } from '../../server/src/wechat/push.ts'
import { opinionOfColour, type Opinion } from './content.ts'

/** Where the stand-in pushes messages to, as in the settings of a mini program. */
export interface PushTarget {
  url: string
  token: string
  /** EncodingAESKey: messages are encrypted if it is given. */
  aesKey?: string
}

const TIMEOUT_MS = 5000
/** WeChat repeats a message that gets no reply in time. */
const ATTEMPTS = 3
const RETRY_MS = 500

/** Posts a message as WeChat does, up to three times. Returns the status of the last reply, 0 without one. */
export async function pushMessage({ url, token, aesKey }: PushTarget, appid: string, message: object): Promise<number> {
  let status = 0
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const [timestamp, nonce] = [String(Math.floor(Date.now() / 1000)), crypto.randomUUID().slice(0, 8)]
    const query = new URLSearchParams({ signature: signatureOf(token, timestamp, nonce), timestamp, nonce })
    let body = JSON.stringify(message)
    if (aesKey) {
      const encrypted = createPushCipher(aesKey).encrypt(body, appid)
      query.set('encrypt_type', 'aes')
      query.set('msg_signature', signatureOf(token, timestamp, nonce, encrypted))
      body = JSON.stringify({ ToUserName: 'gh_standin', Encrypt: encrypted })
    }
    status = (await call(`${url}?${query.toString()}`, 'POST', body).catch(() => null))?.status ?? 0
    if (status === 200) return status
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
  }
  return status
}

/** The opinion of the picture at an address, by its colour. `busy` if it cannot be loaded. */
export async function opinionOfPicture(url: string): Promise<Opinion> {
  try {
    const { status, body } = await call(url, 'GET')
    if (status !== 200) return 'busy'
    const { default: sharp } = await import('sharp')
    const { channels } = await sharp(body).stats()
    const [red, green, blue] = channels.map(({ mean }) => mean)
    return opinionOfColour([red ?? 128, green ?? 128, blue ?? 128])
  } catch {
    return 'busy'
  }
}

/** One request. The certificate is not checked, as that of a development cluster is self-signed. */
function call(url: string, method: string, body?: string): Promise<{ status: number; body: Buffer }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: Buffer }>()
  const send = url.startsWith('https:') ? request : plainRequest
  const headers = body === undefined ? {} : { 'content-type': 'application/json' }
  const sent = send(url, { method, headers, rejectUnauthorized: false, agent: false, timeout: TIMEOUT_MS }, (response) => {
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('error', reject)
    response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }))
  })
  sent.on('timeout', () => sent.destroy(new Error('no answer')))
  sent.on('error', reject)
  sent.end(body)
  return promise
}
