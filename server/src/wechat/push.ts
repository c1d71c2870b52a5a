import { createCipheriv, createDecipheriv, createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * The message push of WeChat: messages that it sends to a server by itself, such as the result of a picture check.
 * @see https://developers.weixin.qq.com/miniprogram/dev/framework/server-ability/message-push.html
 */

/** SHA-1, in hex, of the texts in their order. Three of them sign a request, four an encrypted message (`msg_signature`). */
export function signatureOf(...texts: string[]): string {
  return createHash('sha1')
    .update([...texts].sort().join(''))
    .digest('hex')
}

export function isSame(expected: string, given: unknown): boolean {
  if (typeof given !== 'string') return false
  const [one, two] = [Buffer.from(expected), Buffer.from(given)]
  return one.length === two.length && timingSafeEqual(one, two)
}

export interface PushCipher {
  encrypt(message: string, appid: string): string
  /** The message; null if it was not encrypted with this key or for this AppID. */
  decrypt(encrypted: string, appid: string): string | null
}

const KEY_BYTES = 32
const IV_BYTES = 16
const RANDOM_BYTES = 16
const LENGTH_BYTES = 4

/**
 * AES-256-CBC of 16 random bytes, the length of the message in 4 bytes, the message, and the AppID, padded to blocks of 32 bytes.
 * @param encodingAesKey as shown in the settings of the mini program, 43 characters
 */
export function createPushCipher(encodingAesKey: string): PushCipher {
  const key = Buffer.from(`${encodingAesKey}=`, 'base64')
  const iv = key.subarray(0, IV_BYTES)
  return {
    encrypt(message, appid) {
      const body = Buffer.from(message)
      const length = Buffer.alloc(LENGTH_BYTES)
      length.writeUInt32BE(body.length)
      const plain = Buffer.concat([randomBytes(RANDOM_BYTES), length, body, Buffer.from(appid)])
      const missing = KEY_BYTES - (plain.length % KEY_BYTES)
      const cipher = createCipheriv('aes-256-cbc', key, iv).setAutoPadding(false)
      return Buffer.concat([cipher.update(plain), cipher.update(Buffer.alloc(missing, missing)), cipher.final()]).toString('base64')
    },
    decrypt(encrypted, appid) {
      const plain = decipher(key, iv, Buffer.from(encrypted, 'base64'))
      if (plain === null) return null
      const padding = plain.at(-1) ?? 0
      const start = RANDOM_BYTES + LENGTH_BYTES
      if (padding < 1 || padding > KEY_BYTES || plain.length - padding < start) return null
      const content = plain.subarray(start, plain.length - padding)
      const length = plain.readUInt32BE(RANDOM_BYTES)
      if (length > content.length || content.subarray(length).toString() !== appid) return null
      return content.subarray(0, length).toString()
    },
  }
}

function decipher(key: Buffer, iv: Buffer, bytes: Buffer): Buffer | null {
  try {
    const decipher = createDecipheriv('aes-256-cbc', key, iv).setAutoPadding(false)
    return Buffer.concat([decipher.update(bytes), decipher.final()])
  } catch {
    return null
  }
}
