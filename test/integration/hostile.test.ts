import { Redis } from 'ioredis'
import { connect } from 'node:net'
import { io } from 'socket.io-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ERRORS } from '../../client-sdk/src/errors.ts'
import type { Ack, MatchView } from '../../client-sdk/src/protocol.ts'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { matchKey } from '../../server/src/keys.ts'
import { testCluster } from '../support/cluster.ts'
import { http } from '../support/http.ts'
import { login, pair, TestPlayer } from '../support/player.ts'

let cluster: Cluster
let url: string
let redis: Redis
let one: TestPlayer
let two: TestPlayer
let stranger: TestPlayer
let running: MatchView<unknown>
let finished: string

beforeAll(async () => {
  cluster = await testCluster({ nodes: 2, nginx: true, env: { ROUND_MS: '300000' } })
  url = cluster.info.url
  redis = new Redis(cluster.info.redis.url)
  one = await TestPlayer.join('hostile-one', url)
  two = await TestPlayer.join('hostile-two', url)
  stranger = await TestPlayer.join('hostile-stranger', url)
  finished = await pair(one, two, 1)
  await Promise.all([one.play(finished, () => 'rock'), two.play(finished, () => 'paper')])
  const id = await pair(one, two, 3)
  running = await one.until(() => one.current?.id === id && one.current, 'the match')
})
afterAll(async () => {
  for (const player of [one, two, stranger]) player?.close()
  await redis?.quit()
  await cluster?.close()
})

/** The state that must not change: the match in Redis, byte for byte. */
const stored = async (): Promise<Record<string, string>> => redis.hgetall(matchKey(running.id))

/** Expects a refusal with a code of the catalogue, after which the socket and the match are as before. */
async function expectRefused(player: TestPlayer, code: string, event: string, ...args: unknown[]): Promise<void> {
  const before = await stored()
  const reply: Ack<unknown> = await player.raw(event, ...args)
  expect(reply, `${event} ${JSON.stringify(args)?.slice(0, 80)}`).toMatchObject({ ok: false, error: { code, message: expect.any(String) } })
  if (!reply.ok) {
    expect(Object.keys(ERRORS)).toContain(reply.error.code)
    expect(reply.error.message.length).toBeLessThan(300)
  }
  expect(player.socket.connected).toBe(true)
  expect(await stored()).toEqual(before)
}

const long = 'x'.repeat(30_000)
const nonsense: unknown[] = [
  null,
  5,
  'text',
  [],
  [1, 2],
  true,
  {},
  { a: 1 },
  { __proto__: null, constructor: 'x' },
  long,
  { code: long, matchId: long, mode: long, round: long, move: long },
  Number.MAX_VALUE,
]

describe('every command with unexpected values', () => {
  test.each(['match:find', 'room:join', 'match:move', 'match:leave', 'match:rematch', 'match:emote', 'match:watch'])(
    '%s refuses every other shape',
    async (event) => {
      await expectRefused(stranger, 'bad_request', event)
      for (const payload of nonsense) await expectRefused(stranger, 'bad_request', event, payload)
      await expectRefused(stranger, 'bad_request', event, {}, {})
    },
  )

  test('commands without a payload accept none', async () => {
    for (const event of ['match:cancel', 'match:sync']) {
      for (const payload of nonsense.filter(
        (each) => each !== null && !(typeof each === 'object' && Object.keys(each).length === 0 && !Array.isArray(each)),
      )) {
        await expectRefused(stranger, 'bad_request', event, payload)
      }
      for (const args of [[], [null], [{}]]) expect(await stranger.raw(event, ...args)).toMatchObject({ ok: true })
    }
  })

  test('fields that are missing, of a wrong type, out of range, or too many', async () => {
    const move = { matchId: running.id, round: running.round, move: 'rock' }
    const bad = [
      { round: 1, move: 'rock' },
      { matchId: running.id, move: 'rock' },
      { matchId: running.id, round: 1 },
      { ...move, extra: 1 },
      { ...move, move: 'lizard' },
      { ...move, move: 0 },
      { ...move, move: ['rock'] },
      { ...move, round: '1' },
      { ...move, round: 1.5 },
      { ...move, round: 0 },
      { ...move, round: -1 },
      { ...move, round: 1e9 },
      { ...move, round: null },
      { ...move, matchId: 7 },
      { ...move, matchId: '' },
      { ...move, matchId: '../../etc/passwd' },
      { ...move, matchId: `${running.id}\n` },
      { ...move, matchId: `{x}${running.id}` },
    ]
    for (const payload of bad) await expectRefused(one, 'bad_request', 'match:move', payload)
    for (const payload of [
      { mode: 'friendly' },
      { mode: 'ranked', bestOf: 2 },
      { mode: 'ranked', bestOf: '3' },
      { mode: ['ranked'] },
      { bestOf: 3 },
      { mode: 'casual', rating: 9 },
    ]) {
      await expectRefused(stranger, 'bad_request', 'match:find', payload)
    }
    for (const payload of [{ bestOf: 4 }, { bestOf: 3, code: 'MYCODE' }])
      await expectRefused(stranger, 'bad_request', 'room:create', payload)
    for (const code of ['', 'SHORT', 'TOOLONGX', 'AAAA A', '猜拳猜拳猜拳', 'AAAAA0'])
      await expectRefused(stranger, 'bad_request', 'room:join', { code })
  })

  test('events that do not exist, and names that mean something to JavaScript', async () => {
    for (const event of ['match:win', 'match', 'constructor', '__proto__', 'toString', '', 'x'.repeat(1000)])
      await expectRefused(stranger, 'unknown_event', event, {})
  })

  test('another match, another round, after the end', async () => {
    await expectRefused(stranger, 'not_your_match', 'match:move', { matchId: running.id, round: 1, move: 'rock' })
    await expectRefused(stranger, 'not_your_match', 'match:leave', { matchId: running.id })
    const nowhere = `${running.id.slice(0, -3)}zzz`
    await expectRefused(one, 'match_not_found', 'match:move', { matchId: nowhere, round: 1, move: 'rock' })
    await expectRefused(one, 'match_not_found', 'match:leave', { matchId: '9999-000000000000000000000' })
    await expectRefused(one, 'stale_round', 'match:move', { matchId: running.id, round: 2, move: 'rock' })
    await expectRefused(one, 'match_finished', 'match:move', { matchId: finished, round: 2, move: 'rock' })
    await expectRefused(one, 'match_finished', 'match:move', { matchId: finished, round: 1, move: 'scissors' })
    const { code, match } = await stranger.request('room:create', { bestOf: 1 })
    await expectRefused(stranger, 'match_not_playing', 'match:move', { matchId: match.id, round: 1, move: 'rock' })
    await stranger.request('match:leave', { matchId: match.id })
    await expectRefused(stranger, 'room_closed', 'room:join', { code })
  })

  test('a move is stored once: repeating it is acknowledged, changing it is not, even after the round', async () => {
    const first = await one.request('match:move', { matchId: running.id, round: 1, move: 'rock' })
    expect(await one.request('match:move', { matchId: running.id, round: 1, move: 'rock' })).toEqual(first)
    await expectRefused(one, 'already_moved', 'match:move', { matchId: running.id, round: 1, move: 'paper' })
    const decided = await two.request('match:move', { matchId: running.id, round: 1, move: 'paper' })
    expect(decided.version).toBeGreaterThan(first.version)
    expect(await one.request('match:move', { matchId: running.id, round: 1, move: 'rock' })).toEqual(decided)
    await expectRefused(one, 'stale_round', 'match:move', { matchId: running.id, round: 1, move: 'paper' })
  })

  test('an event without an acknowledgement is carried out or dropped, and never an exception', async () => {
    stranger.socket.emit('match:sync', () => undefined)
    const untyped = stranger.socket as unknown as { emit(event: string, ...args: unknown[]): void }
    untyped.emit('match:sync')
    untyped.emit('match:move', { nothing: true })
    untyped.emit('no such event')
    expect(await stranger.request('match:sync')).toEqual({ match: null, queue: null })
  })
})

describe('clients that are not let in', () => {
  const refusal = (auth: Record<string, unknown>): Promise<unknown> => {
    const { promise, resolve } = Promise.withResolvers<unknown>()
    const socket = io(url, { transports: ['websocket'], rejectUnauthorized: false, forceNew: true, reconnection: false, auth })
    socket.on('connect_error', (error: Error & { data?: unknown }) => resolve(error.data))
    socket.on('connect', () => resolve('connected'))
    return promise.finally(() => socket.close())
  }

  test.each([
    [{}],
    [{ sessionId: '' }],
    [{ sessionId: 'x'.repeat(43) }],
    [{ sessionId: 7 }],
    [{ sessionId: ['a'] }],
    [{ sessionId: { $ne: 1 } }],
    [{ sessionId: 'x'.repeat(10_000) }],
  ])('auth %j', async (auth) => {
    expect(await refusal(auth)).toMatchObject({ code: 'unauthorized', message: expect.any(String) })
  })

  test('a session that ended', async () => {
    const { sessionId } = await login(url, 'ended')
    await http(`${url}/api/session`, { method: 'DELETE', headers: { sessionid: sessionId } })
    expect(await refusal({ sessionId })).toMatchObject({ code: 'unauthorized' })
  })
})

describe('the node itself', () => {
  const alive = async (): Promise<void> => {
    for (const { url: node } of cluster.info.nodes) expect((await http(`${node}/readyz`)).status).toBe(200)
    for (const node of cluster.nodes) expect(node.running).toBe(true)
    expect(await stranger.request('match:sync')).toMatchObject({ match: null })
  }

  test('survives malformed frames, packets and bodies', async () => {
    const { sessionId } = await login(url, 'malformed')
    const frames = [
      '',
      '9',
      '4',
      '49',
      '42["match:sync"',
      '42{"a":1}',
      '42[]',
      '42[1]',
      '42[null]',
      '4{"x"',
      '451-["x",{"_placeholder":true,"num":9}]',
      '42["disconnect"]',
      '42["connect_error"]',
      '421e309["match:sync"]',
      'é'.repeat(500),
      '\u0000\u0001',
      `42["${'['.repeat(5000)}`,
    ]
    for (const frame of frames) {
      const socket = io(url, {
        transports: ['websocket'],
        rejectUnauthorized: false,
        forceNew: true,
        reconnection: false,
        auth: { sessionId },
      })
      await new Promise((resolve) => socket.once('connect', () => resolve(null)))
      const raw = socket.io.engine.transport as unknown as { ws: { send(data: string): void } }
      raw.ws.send(frame)
      raw.ws.send(`42["match:sync"]`)
      await new Promise((resolve) => setTimeout(resolve, 20))
      socket.close()
    }
    await alive()
  })

  test('survives bytes that are not HTTP, and requests that are cut off', async () => {
    for (const { url: node } of cluster.info.nodes) {
      const { port } = new URL(node)
      for (const bytes of [
        'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n',
        '\u0016\u0003\u0001',
        'POST /api/login HTTP/1.1\r\ncontent-length: 100\r\n\r\n{',
        'GET / HTTP/9.9\r\n\r\n',
      ]) {
        await new Promise((resolve) => {
          const socket = connect(Number(port), '127.0.0.1', () => socket.write(bytes))
          setTimeout(() => socket.destroy(), 30)
          socket.on('error', () => undefined)
          socket.on('close', resolve)
        })
      }
    }
    await alive()
  })

  test('closes a socket whose message is larger than any command', async () => {
    const sender = await TestPlayer.join('large-message', url)
    const { promise, resolve } = Promise.withResolvers<string>()
    sender.socket.once('disconnect', resolve)
    void sender.raw('match:move', 'x'.repeat(2_000_000)).catch(() => undefined)
    expect(await promise).toBe('transport close')
    await alive()
  })

  test('closes a socket that sends one long message after the other', async () => {
    const sender = await TestPlayer.join('long-messages', url)
    const text = 'x'.repeat(900_000)
    const first = await sender.raw('match:move', text)
    expect(first).toMatchObject({ ok: false, error: { code: 'bad_request' } })
    for (let i = 0; i < 8 && sender.socket.connected; i += 1) await sender.raw('match:move', text).catch(() => undefined)
    expect(sender.socket.connected).toBe(false)
    await alive()
  })

  test('refuses commands of a socket that sends too many, and closes one that floods', async () => {
    const eager = await TestPlayer.join('eager', url)
    const replies = await Promise.all(Array.from({ length: 80 }, () => eager.raw('match:sync')))
    const limited = replies.filter((reply) => !reply.ok)
    expect(limited.length).toBeGreaterThan(10)
    for (const reply of limited) expect(reply).toMatchObject({ error: { code: 'rate_limited', retryAfterMs: expect.any(Number) } })
    expect(eager.socket.connected).toBe(true)
    const untyped = eager.socket as unknown as { emit(event: string): void }
    for (let i = 0; i < 2000; i += 1) untyped.emit('match:sync')
    await eager.until(() => !eager.socket.connected, 'to be closed')
    await alive()
  })

  test('keeps its metrics behind nginx, and its labels free of values from clients', async () => {
    expect((await http(`${url}/metrics`)).status).toBe(404)
    for (const { url: node } of cluster.info.nodes) {
      const { status, body } = await http<string>(`${node}/metrics`)
      expect(status).toBe(200)
      expect(body).toContain('caiquan_script_seconds')
      expect(body).not.toContain('match:win')
    }
  })

  test('nginx redirects plain HTTP to TLS', async () => {
    const { status, headers } = await http(`${cluster.info.insecureUrl}/api/session?x=1`)
    expect([301, 308]).toContain(status)
    expect(headers['location']).toBe(`${url}/api/session?x=1`)
  })
})
