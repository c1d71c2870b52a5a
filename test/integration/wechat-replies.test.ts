/** WeChat, or a proxy before it, may return anything. */
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createWechat, type Wechat } from '../../server/src/players/wechat.ts'
import { CatalogueError } from '../../server/src/errors.ts'
import { createLog } from '../../server/src/log.ts'

type Responder = (response: ServerResponse) => void
const json =
  (value: unknown): Responder =>
  (response) =>
    response.setHeader('content-type', 'text/plain').end(typeof value === 'string' ? value : JSON.stringify(value))
const identity = { openid: 'o1', session_key: 'k' }

const GOOD: Record<string, Responder> = {
  'an identity': json(identity),
  'an identity after a byte-order mark': json(`\ufeff${JSON.stringify(identity)}`),
  'an identity with further fields': json({ ...identity, unionid: 'u', errmsg: 'ok', errcode: 0, nested: { a: [1] } }),
  'an identity with a code as text': json({ ...identity, errcode: '0' }),
}
const REFUSED: Record<string, [unknown, string]> = {
  'a bad code': [{ errcode: 40029 }, 'invalid_code'],
  'a bad code as text': [{ errcode: '40029' }, 'invalid_code'],
  'a used code': [{ errcode: 40163 }, 'invalid_code'],
  'a blocked person': [{ errcode: 40226 }, 'blocked'],
  'too many': [{ errcode: 45011 }, 'rate_limited'],
  'the wrong secret': [{ errcode: 40125 }, 'wechat_unavailable'],
  busy: [{ errcode: -1 }, 'wechat_unavailable'],
  'an unknown code': [{ errcode: 99_999 }, 'wechat_unavailable'],
}
const long = 'x'.repeat(70)
const ODD: Record<string, Responder> = {
  ...Object.fromEntries(
    ['null', '0', '"busy"', '[]', 'true', '', '{', '<html>502</html>', '[null]', '{"__proto__":{"openid":"o","session_key":"k"}}'].map(
      (text) => [text || 'nothing', json(text)],
    ),
  ),
  ...Object.fromEntries(
    [
      {},
      { errcode: 0 },
      { openid: 'o' },
      { session_key: 'k' },
      { ...identity, openid: 7 },
      { ...identity, openid: { a: 1 } },
      { ...identity, openid: long },
      { ...identity, openid: '' },
      { ...identity, session_key: ['k'] },
      { ...identity, session_key: 'k'.repeat(300) },
      { ...identity, errcode: {} },
      { ...identity, errcode: 1.5 },
      { ...identity, errcode: 'text' },
      { ...identity, errcode: null },
    ].map((value) => [JSON.stringify(value).slice(0, 50), json(value)]),
  ),
  'an error of a proxy': (response) => response.writeHead(502).end(JSON.stringify(identity)),
  'a redirect': (response) => response.writeHead(302, { location: '/elsewhere' }).end(),
  'a body that is cut off': (response) => {
    response.writeHead(200, { 'content-length': '100' }).write('{"openid":"o"')
    setTimeout(() => response.destroy(), 20)
  },
  'a body that is not compressed as its header says': (response) => response.setHeader('content-encoding', 'gzip').end('{"openid":"x"}'),
  'no reply': () => undefined,
  'a body without an end': (response) => {
    const drip = setInterval(() => response.write('a'), 20)
    response.on('close', () => clearInterval(drip))
  },
}

let server: Server
let wechat: Wechat
let respond: Responder
let sent = 0

beforeAll(async () => {
  server = createServer((_, response) => respond(response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const config = {
    WECHAT_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    WECHAT_APPID: 'wx',
    WECHAT_SECRET: 's',
    WECHAT_TIMEOUT_MS: 500,
  }
  wechat = createWechat(config, createLog({ LOG_LEVEL: 'silent', NODE_NAME: 'test' }))
})
afterAll(() => {
  server.close()
  server.closeAllConnections()
})

async function outcome(given: Responder): Promise<unknown> {
  respond = given
  try {
    return await wechat.code2session('code')
  } catch (error) {
    return error instanceof CatalogueError ? error.code : error
  }
}

test.each(Object.entries(GOOD))('%s logs in', async (_, given) => {
  expect(await outcome(given)).toEqual({ openid: 'o1', sessionKey: 'k' })
})
test.each(Object.entries(REFUSED))('%s becomes its own error', async (_, [given, code]) => {
  expect(await outcome(json(given))).toBe(code)
})
test.each(Object.entries(ODD))('%s is not a valid reply: WeChat is unavailable', async (_, given) => {
  const started = performance.now()
  expect(await outcome(given)).toBe('wechat_unavailable')
  expect(performance.now() - started).toBeLessThan(1500)
})

test('a reply without an end is not read to its end', async () => {
  const piece = Buffer.alloc(65_536, 'a')
  expect(
    await outcome((response) => {
      const more = (): void => {
        while (!response.destroyed && sent < 200_000_000) {
          sent += piece.length
          if (!response.write(piece)) return void response.once('drain', more)
        }
      }
      response.write('{"openid":"')
      more()
    }),
  ).toBe('wechat_unavailable')
  expect(sent).toBeLessThan(50_000_000)
})
