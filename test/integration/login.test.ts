import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { HttpErrorBody, LoginReply, SessionReply } from '../../client-sdk/src/protocol.ts'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { testCluster } from '../support/cluster.ts'
import { http, type HttpReply } from '../support/http.ts'
import { login, TestPlayer, wechatCode } from '../support/player.ts'

let cluster: Cluster
let url: string
let redis: Redis

beforeAll(async () => {
  cluster = await testCluster({
    nodes: 2,
    nginx: true,
    env: { WECHAT_TIMEOUT_MS: '500', SESSION_IDLE_MS: '3600000', SESSION_MAX_MS: '3601000', LOG_LEVEL: 'trace' },
  })
  url = cluster.info.url
  redis = new Redis(cluster.info.redis.url)
})
afterAll(async () => {
  await redis?.quit()
  await cluster?.close()
})

const post = (body: unknown, headers: Record<string, string> = {}): Promise<HttpReply<LoginReply & HttpErrorBody>> =>
  http(`${url}/api/login`, { method: 'POST', body, headers })
const session = (sessionId: string): Promise<HttpReply<SessionReply & HttpErrorBody>> =>
  http(`${url}/api/session`, { headers: { sessionid: sessionId } })
const keyOf = (sessionId: string): string => `cq:session:${createHash('sha256').update(sessionId).digest('hex')}`

describe('the six steps of the login state', () => {
  test('a code becomes a session that identifies the person on every node', async () => {
    const { status, body } = await post({
      code: wechatCode('liming'),
      profile: { nickname: '李明 🐼', avatarUrl: 'https://thirdwx.qlogo.cn/a/132' },
    })
    expect(status).toBe(200)
    expect(Object.keys(body).sort()).toEqual(['expiresAt', 'player', 'sessionId'])
    expect(body.sessionId).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(body.player).toEqual({
      id: expect.any(String),
      nickname: '李明 🐼',
      avatarUrl: 'https://thirdwx.qlogo.cn/a/132',
      rating: 1500,
      wins: 0,
      losses: 0,
      draws: 0,
    })
    for (const node of cluster.info.nodes) {
      const reply = await http<SessionReply>(`${node.url}/api/session`, { headers: { sessionid: body.sessionId } })
      expect(reply).toMatchObject({ status: 200, body: { player: body.player } })
    }
  })

  test('a person who logs in for the first time on many phones at once is one player', async () => {
    const nodes = cluster.info.nodes.map((node) => node.url)
    for (let round = 0; round < 5; round += 1) {
      const players = await Promise.all(
        Array.from({ length: 8 }, (_, index) => login(nodes[index % nodes.length] ?? url, `twins-${round}`)),
      )
      expect(new Set(players.map(({ player }) => player.id)).size).toBe(1)
    }
  })

  test('the same person is the same player, with the profile that they gave last', async () => {
    const first = await login(url, 'wanghong')
    const { body } = await post({ code: wechatCode('wanghong') })
    expect(body.player).toEqual(first.player)
    expect(body.sessionId).not.toBe(first.sessionId)
  })

  test('Redis holds the SHA-256 of the id, never the id; the session_key never leaves the server', async () => {
    const reply = await post({ code: wechatCode('zhangwei') })
    const { sessionId } = reply.body
    const stored = await redis.hgetall(keyOf(sessionId))
    expect(stored['playerId']).toBe(reply.body.player.id)
    expect(stored['sessionKey']).toBeTruthy()
    const keys = await redis.keys('*')
    expect(keys.some((key) => key.includes(sessionId))).toBe(false)
    expect(JSON.stringify(reply)).not.toContain(stored['sessionKey'])
    expect(JSON.stringify(reply.body)).not.toContain('openid')
  })

  test('every use extends the expiry, but not beyond the maximum age of a session', async () => {
    const { sessionId } = await login(url, 'slider')
    const key = keyOf(sessionId)
    await redis.pexpire(key, 5000)
    const used = await session(sessionId)
    expect(used.status).toBe(200)
    expect(await redis.pttl(key)).toBeGreaterThan(3_500_000)
    const createdAt = Number(await redis.hget(key, 'createdAt'))
    await redis.hset(key, 'createdAt', createdAt - 3_600_000)
    const old = await session(sessionId)
    expect(old.body.expiresAt).toBe(createdAt + 1000)
    await expect.poll(async () => (await session(sessionId)).status, { timeout: 3000 }).toBe(401)
  })

  test('a session that ended sends the client back to step one', async () => {
    const { sessionId } = await login(url, 'leaver')
    expect((await http(`${url}/api/session`, { method: 'DELETE', headers: { sessionid: sessionId } })).status).toBe(204)
    expect(await session(sessionId)).toMatchObject({ status: 401, body: { error: { code: 'session_expired' } } })
    expect((await http(`${url}/api/session`, { method: 'DELETE', headers: { sessionid: sessionId } })).status).toBe(204)
    expect(await session('')).toMatchObject({ status: 401, body: { error: { code: 'session_expired' } } })
    expect(await session('x'.repeat(43))).toMatchObject({ status: 401 })
  })

  test('logging out closes the connection, on whatever node it is', async () => {
    const player = await TestPlayer.join('gone', cluster.info.nodes[0]?.url ?? '')
    await http(`${cluster.info.nodes[1]?.url}/api/session`, { method: 'DELETE', headers: { sessionid: player.sessionId } })
    await player.until(() => !player.socket.connected, 'the end of the connection')
    expect(player.replaced).toBe(false)
  })
})

describe('the profile', () => {
  test('changes the named fields, and notifies the player', async () => {
    const player = await TestPlayer.join('profile', url)
    // Resolves once every node can reach the player.
    await player.request('match:sync')
    const update = new Promise((resolve) => player.socket.once('player', resolve))
    const patch = (body: unknown) => http(`${url}/api/me`, { method: 'PATCH', body, headers: { sessionid: player.sessionId } })
    expect(await patch({ nickname: '  新名字 ' })).toMatchObject({
      status: 200,
      body: { player: { id: player.player.id, nickname: '新名字' } },
    })
    expect(await update).toMatchObject({ nickname: '新名字' })
    for (const bad of [
      { nickname: '' },
      { nickname: 'x'.repeat(33) },
      { nickname: 'a\nb' },
      { avatarUrl: 'javascript:alert(1)' },
      { rating: 3000 },
      [],
      'text',
      null,
    ]) {
      expect(await patch(bad), JSON.stringify(bad)).toMatchObject({ status: 400, body: { error: { code: 'bad_request' } } })
    }
    expect((await session(player.sessionId)).body.player.nickname).toBe('新名字')
    player.close()
  })
})

test('the profile can be changed by PUT as well: wx.request has no PATCH', async () => {
  const { sessionId } = await login(url, 'on-a-phone')
  const reply = await http(`${url}/api/me`, { method: 'PUT', body: { nickname: '手机' }, headers: { sessionid: sessionId } })
  expect(reply).toMatchObject({ status: 200, body: { player: { nickname: '手机' } } })
  expect((await session(sessionId)).body.player.nickname).toBe('手机')
})

test('a name or an address that cannot be kept is left out of a login, and fails no login', async () => {
  const first = await post({ code: wechatCode('odd-names'), profile: { nickname: '好名字', avatarUrl: 'https://thirdwx.qlogo.cn/a/132' } })
  for (const profile of [
    { nickname: '' },
    { nickname: '\u202eevil' },
    { nickname: '机器人' },
    { nickname: 'x'.repeat(500) },
    { avatarUrl: 'javascript:alert(1)' },
    { avatarUrl: 'https://tracker.example/x.gif' },
    { nickname: 'a\nb', avatarUrl: 'x' },
  ]) {
    const { status, body } = await post({ code: wechatCode('odd-names'), profile })
    expect(status, JSON.stringify(profile)).toBe(200)
    expect(body.player).toEqual(first.body.player)
  }
  expect((await post({ code: wechatCode('odd-first'), profile: { nickname: '\u3164' } })).body.player.nickname).toMatch(/^..?的.{2,3}\d\d$/)
})

test('a player without a name gets a friendly one in the language of their phone, and keeps it', async () => {
  const nicknameOf = async (code: string, language?: string): Promise<string> =>
    (await post({ code: wechatCode(code) }, language === undefined ? {} : { 'accept-language': language })).body.player.nickname
  const [chinese, english, french, unsaid] = [
    await nicknameOf('name-zh', 'zh-CN,zh;q=0.9,en;q=0.8'),
    await nicknameOf('name-en', 'en-GB'),
    await nicknameOf('name-fr', 'fr'),
    await nicknameOf('name-none'),
  ]
  for (const name of [chinese, unsaid]) expect(name).toMatch(/^..的.{2,3}\d\d$/)
  for (const name of [english, french]) expect(name).toMatch(/^[A-Z][a-z]+ [A-Z][a-z]+ \d\d$/)
  expect(await nicknameOf('name-en', 'zh')).toBe(english)
})

describe('refusals of WeChat', () => {
  test.each([
    ['error.40029', 401, 'invalid_code'],
    ['error.40163', 401, 'invalid_code'],
    ['error.40226', 403, 'blocked'],
    ['error.45011', 429, 'rate_limited'],
    ['error.-1', 503, 'wechat_unavailable'],
    ['error.40013', 503, 'wechat_unavailable'],
    ['error.40125', 503, 'wechat_unavailable'],
    ['error.99999', 503, 'wechat_unavailable'],
    ['error.timeout', 503, 'wechat_unavailable'],
  ])('%s becomes %i %s', async (code, status, expected) => {
    const reply = await post({ code })
    expect(reply).toMatchObject({ status, body: { error: { code: expected, message: expect.any(String) } } })
    if (status === 429) expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0)
  })

  test('a code works once', async () => {
    const code = wechatCode('once')
    expect((await post({ code })).status).toBe(200)
    expect(await post({ code })).toMatchObject({ status: 401, body: { error: { code: 'invalid_code' } } })
  })
})

test.each([
  undefined,
  '',
  'not json',
  '[]',
  '{}',
  '{"code":5}',
  '{"code":""}',
  `{"code":"${'x'.repeat(300)}"}`,
  '{"code":"a","extra":1}',
  '{"code":"a","profile":{"nickname":7}}',
  `{"code":"${'x'.repeat(20_000)}"}`,
])('a login with the body %j is a bad request', async (body) => {
  expect(await http(`${url}/api/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).toMatchObject({
    status: 400,
    body: { error: { code: 'bad_request', message: expect.any(String) } },
  })
})

test('an unknown address is a JSON 404', async () => {
  expect(await http(`${url}/api/nothing`)).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } })
})

test('no log holds a session id, an openid or a session_key', async () => {
  const { sessionId } = await login(url, 'openid-of-nobody-else')
  await session(sessionId)
  const player = await TestPlayer.join('openid-of-somebody', url)
  const { sessionKey } = await redis.hgetall(keyOf(player.sessionId))
  player.close()
  await http(`${url}/api/session`, { method: 'DELETE', headers: { sessionid: sessionId } })
  const logs = [...cluster.nodes, ...(cluster.nginx ? [cluster.nginx.service] : [])]
    .map(({ logFile }) => readFileSync(logFile, 'utf8'))
    .join('\n')
  expect(logs.length).toBeGreaterThan(1000)
  for (const secret of [sessionId, player.sessionId, sessionKey ?? '', 'openid-of-', cluster.info.mysql.url.split('@')[0] ?? '']) {
    expect(secret).not.toBe('')
    expect(logs.includes(secret)).toBe(false)
  }
})

test('an address that logs in too often is told when to come back, and no other address is', async () => {
  const node = await cluster.addNode({ LOGIN_PER_MINUTE: '3' })
  const attempt = () => http(`${node.url}/api/login`, { method: 'POST', body: { code: wechatCode('eager') } })
  const replies = []
  for (let i = 0; i < 5; i += 1) replies.push(await attempt())
  expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429])
  expect(replies[4]).toMatchObject({ body: { error: { code: 'rate_limited', retryAfterMs: expect.any(Number) } } })
  expect(Number(replies[4]?.headers['retry-after'])).toBeGreaterThan(0)
  const other = await http(`${node.url}/api/login`, {
    method: 'POST',
    body: { code: wechatCode('patient') },
    headers: { 'x-forwarded-for': '203.0.113.9' },
  })
  expect(other.status).toBe(200)
})
