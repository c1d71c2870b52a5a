/** The message push of WeChat accepts messages that WeChat has signed, in the configured mode, and no others. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createApp } from '../../server/src/http/app.ts'
import { wechatPushRoutes } from '../../server/src/http/wechat-push-routes.ts'
import { createLog } from '../../server/src/log.ts'
import { createPushCipher, signatureOf } from '../../server/src/wechat/push.ts'

const APPID = 'wx0123456789abcdef'
const KEY = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG'
let server: Server | null = null
let got: [string, string | null][] = []
afterEach(() => server?.close())

async function serve(token: string, aesKey: string | null): Promise<string> {
  got = []
  const log = createLog({ LOG_LEVEL: 'silent', NODE_NAME: 'test' })
  const ofPicture = async (trace: string, suggestion: string | null): Promise<void> => void got.push([trace, suggestion])
  server = createServer(
    createApp({ log, trustProxy: 'loopback', routers: [wechatPushRoutes({ appid: APPID, token, aesKey, results: { ofPicture }, log })] }),
  ).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/wechat/push`
}

const now = (): string => String(Math.floor(Date.now() / 1000))
const queryOf = (token: string, timestamp = now(), more: Record<string, string> = {}): string =>
  new URLSearchParams({ signature: signatureOf(token, timestamp, 'nonce'), timestamp, nonce: 'nonce', ...more }).toString()
const post = (url: string, query: string, body: unknown): Promise<Response> =>
  fetch(`${url}?${query}`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'text/xml' },
  })
const event = (suggest: string, more: object = {}) => ({
  MsgType: 'event',
  Event: 'wxa_media_check',
  appid: APPID,
  trace_id: 'trace-1',
  version: 2,
  errcode: 0,
  result: { suggest, label: 100 },
  ...more,
})

test("the signature is WeChat's, as its documentation computes it", () => {
  expect(signatureOf('AAAAA', '1714036504', '1514711492')).toBe('f464b24fc39322e44b38aa78f5edd27bd1441696')
})

test('the address is confirmed to WeChat, and to no other caller', async () => {
  const url = await serve('AAAAA', null)
  const signed = 'signature=f464b24fc39322e44b38aa78f5edd27bd1441696&echostr=4375120948345356249&timestamp=1714036504&nonce=1514711492'
  const reply = await fetch(`${url}?${signed}`)
  expect([reply.status, await reply.text()]).toEqual([200, '4375120948345356249'])
  expect(reply.headers.get('content-type')).toContain('text/plain')
  for (const query of [
    '',
    signed.replace('f464', 'f465'),
    signed.replace('1514711492', '1'),
    'echostr=1&timestamp=1&nonce=1',
    'signature=a&signature=b&timestamp=1&nonce=1',
  ]) {
    expect((await fetch(`${url}?${query}`)).status, query).toBe(401)
  }
})

test.each([
  [event('pass'), 'pass'],
  [event('review'), 'review'],
  [event('risky'), 'risky'],
  [event('pass', { errcode: -1008, result: undefined }), null],
  [event('pass', { errcode: -1008 }), null],
])('a plain message is accepted: %j', async (message, expected) => {
  const url = await serve('AAAAA', null)
  const reply = await post(url, queryOf('AAAAA'), message)
  expect([reply.status, await reply.text()]).toEqual([200, 'success'])
  expect(got).toEqual([['trace-1', expected]])
})

test('a message that is not signed, or was signed long ago, is not accepted', async () => {
  const url = await serve('AAAAA', null)
  const old = String(Number(now()) - 7200)
  for (const query of ['', queryOf('BBBBB'), queryOf('AAAAA', old)]) expect((await post(url, query, event('pass'))).status, query).toBe(401)
  expect((await post(url, queryOf('AAAAA'), '<xml></xml>')).status).toBe(400)
  expect((await post(url, queryOf('AAAAA'), 'x'.repeat(70_000))).status).toBe(400)
  expect(got).toEqual([])
})

test('messages of other kinds and of other mini programs are confirmed and change nothing', async () => {
  const url = await serve('AAAAA', null)
  for (const message of [
    { MsgType: 'text', Content: 'hello' },
    event('pass', { Event: 'debug_demo' }),
    event('pass', { appid: 'wx-other' }),
    event('perhaps'),
  ]) {
    expect((await post(url, queryOf('AAAAA'), message)).status).toBe(200)
  }
  expect(got).toEqual([])
})

test('in secure mode only an encrypted and signed message is accepted', async () => {
  const url = await serve('AAAAA', KEY)
  const send = async (encrypted: string, signature?: string): Promise<number> => {
    const timestamp = now()
    const query = queryOf('AAAAA', timestamp, {
      encrypt_type: 'aes',
      msg_signature: signature ?? signatureOf('AAAAA', timestamp, 'nonce', encrypted),
    })
    return (await post(url, query, { ToUserName: 'gh_1', Encrypt: encrypted })).status
  }
  const good = createPushCipher(KEY).encrypt(JSON.stringify(event('pass')), APPID)
  expect((await post(url, queryOf('AAAAA'), event('pass'))).status).toBe(401)
  expect(await send(good, 'f'.repeat(40))).toBe(401)
  expect(await send(createPushCipher(KEY).encrypt(JSON.stringify(event('pass')), 'wx-other'))).toBe(400)
  expect(await send(createPushCipher(KEY.toLowerCase()).encrypt(JSON.stringify(event('pass')), APPID))).toBe(400)
  expect(await send('AAAA')).toBe(400)
  expect(got).toEqual([])
  expect(await send(good)).toBe(200)
  expect(got).toEqual([['trace-1', 'pass']])
})

test('encrypted messages of any length are decrypted', () => {
  const cipher = createPushCipher(KEY)
  for (const length of [0, 1, 11, 12, 13, 31, 32, 33, 5000]) {
    const text = '猜'.repeat(length)
    expect(cipher.decrypt(cipher.encrypt(text, APPID), APPID)).toBe(text)
  }
})
