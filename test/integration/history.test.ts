import type { Connection } from 'mariadb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type {
  HeadToHeadReply,
  HttpErrorBody,
  LoginReply,
  MatchesReply,
  MatchReply,
  PublicPlayer,
  RecordedMatch,
} from '../../client-sdk/src/protocol.ts'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { createPlayers } from '../../server/src/players/players.ts'
import { createDatabase } from '../../server/src/database.ts'
import { newMatchId } from '../../server/src/ids.ts'
import { encodeCursor, NEWEST } from '../../server/src/recorder/history-cursor.ts'
import { createHistory } from '../../server/src/recorder/history.ts'
import { connectTo, recorded } from '../support/records.ts'
import { testCluster } from '../support/cluster.ts'
import { appendMatch } from '../support/events.ts'
import { http, type HttpReply } from '../support/http.ts'
import { login, pair, TestPlayer } from '../support/player.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import { openRedis } from '../support/redis.ts'

let cluster: Cluster
let redis: RedisClient
let sql: Connection

beforeAll(async () => {
  cluster = await testCluster({ nodes: 2, env: { BOT_MIN_MS: '10', BOT_MAX_MS: '50' } })
  redis = openRedis(cluster)
  sql = await connectTo(cluster.info.mysql.url)
})
afterAll(async () => {
  await redis?.quit()
  await sql?.end()
  await cluster?.close()
})

let asked = 0
/** Any node can reply, so each call uses the next one. */
const node = (): string => cluster.info.nodes[asked++ % cluster.info.nodes.length]?.url ?? ''
const ask = <T>(path: string, sessionId?: string): Promise<HttpReply<T & HttpErrorBody>> =>
  http(`${node()}${path}`, sessionId === undefined ? {} : { headers: { sessionid: sessionId } })
const history = (sessionId: string, query = ''): Promise<HttpReply<MatchesReply & HttpErrorBody>> => ask(`/api/matches${query}`, sessionId)
const match = (sessionId: string, id: string): Promise<HttpReply<MatchReply & HttpErrorBody>> => ask(`/api/matches/${id}`, sessionId)
const ids = (matches: RecordedMatch[]): string[] => matches.map(({ id }) => id)

/** Reads a history to its end, page by page. */
async function allPages(sessionId: string, limit: number, between?: () => Promise<void>): Promise<RecordedMatch[][]> {
  const pages: RecordedMatch[][] = []
  for (let before: string | undefined; ;) {
    const { status, body } = await history(sessionId, `?limit=${limit}${before === undefined ? '' : `&before=${before}`}`)
    expect(status).toBe(200)
    pages.push(body.matches)
    if (body.next === undefined) return pages
    before = body.next
    await between?.()
  }
}

describe('recorded matches', () => {
  test('a match is in the history of both players as they saw it, with its rounds', async () => {
    const [one, two] = await Promise.all(['history-one', 'history-two'].map((name) => TestPlayer.join(name, node())))
    if (!one || !two) throw new Error('two players are needed')
    const before = Date.now()
    const id = await pair(one, two, 3, 'ranked')
    // A drawn round, then two rounds that the first player wins.
    const [end] = await Promise.all([one.play(id, ({ round }) => (round === 1 ? 'rock' : 'paper')), two.play(id, () => 'rock')])
    await recorded(cluster.info.mysql.url, [id])
    const mine = await history(one.sessionId)
    expect(mine.status).toBe(200)
    expect(Object.keys(mine.body)).toEqual(['matches'])
    const [played] = mine.body.matches
    const first = end.seats.findIndex(({ player }) => player.id === one.player.id)
    const records = await Promise.all(
      [one, two].map(({ sessionId }) => ask<{ player: PublicPlayer }>('/api/session', sessionId).then(({ body }) => body.player)),
    )
    expect(played).toEqual({
      id,
      mode: 'ranked',
      bestOf: 3,
      seats:
        first === 0
          ? [
              { player: records[0], score: 2 },
              { player: records[1], score: 0 },
            ]
          : [
              { player: records[1], score: 0 },
              { player: records[0], score: 2 },
            ],
      result: { winner: first, reason: 'score' },
      startedAt: expect.any(Number),
      endedAt: expect.any(Number),
    })
    expect(played?.startedAt).toBeGreaterThanOrEqual(before - 1000)
    expect(played?.endedAt).toBeGreaterThanOrEqual(played?.startedAt ?? Infinity)
    expect(records[0]).toMatchObject({ rating: 1520, wins: 1, losses: 0 })
    expect((await history(two.sessionId)).body).toEqual(mine.body)

    const whole = await match(two.sessionId, id)
    expect(whole.status).toBe(200)
    expect(whole.body.match).toEqual(played)
    expect(whole.body.rounds).toHaveLength(3)
    for (const { resolvedAt, ...round } of whole.body.rounds) {
      expect(round).toEqual(one.rounds.get(`${id}/${round.round}`))
      expect(resolvedAt).toBeLessThanOrEqual(played?.endedAt ?? 0)
    }
    expect(whole.body.rounds.map(({ round }) => round)).toEqual([1, 2, 3])
    one.close()
    two.close()
  })

  test('rooms and practice appear like any other match, with the bot as a player', async () => {
    const [one, two] = await Promise.all(['history-host', 'history-guest'].map((name) => TestPlayer.join(name, node())))
    if (!one || !two) throw new Error('two players are needed')
    const { match: room, code } = await one.request('room:create', { bestOf: 1 })
    await two.request('room:join', { code })
    await one.until(() => one.current?.status === 'playing', 'the guest')
    await two.request('match:leave', { matchId: room.id })
    await one.until(() => one.current?.status === 'finished', 'the end')
    const found = await one.request('match:find', { mode: 'practice', bestOf: 1 })
    if (found.state !== 'matched') throw new Error('practice begins at once')
    await one.request('match:leave', { matchId: found.match.id })
    await recorded(cluster.info.mysql.url, [room.id, found.match.id])
    const { body } = await history(one.sessionId)
    expect(ids(body.matches)).toEqual([found.match.id, room.id])
    expect(body.matches[0]).toMatchObject({
      mode: 'practice',
      seats: [{ player: { id: one.player.id } }, { player: { id: 'bot', nickname: '机器人' } }],
      result: { winner: 1, reason: 'forfeit' },
    })
    expect(body.matches[1]).toMatchObject({ mode: 'room', result: { winner: 0, reason: 'forfeit' } })
    expect(ids((await history(two.sessionId)).body.matches)).toEqual([room.id])
    one.close()
    two.close()
  })

  test('a match that is still running is in no history; it is found by its id, without a result', async () => {
    const [one, two] = await Promise.all(['history-runs-1', 'history-runs-2'].map((name) => login(node(), name)))
    if (!one || !two) throw new Error('two players are needed')
    const players: [string, string] = [one.player.id, two.player.id]
    const running = await appendMatch(redis, { players, mode: 'casual', endedAt: null })
    const ended = await appendMatch(redis, { players, mode: 'casual', winner: null, reason: 'no_show' })
    await recorded(cluster.info.mysql.url, [ended])
    await expect.poll(async () => (await match(one.sessionId, running)).status, { timeout: 5000 }).toBe(200)
    expect((await match(one.sessionId, running)).body).toMatchObject({
      match: { id: running, result: null, endedAt: null, seats: [{ score: 0 }, { score: 0 }] },
      rounds: [],
    })
    expect((await history(one.sessionId)).body.matches).toMatchObject([{ id: ended, result: { winner: null, reason: 'no_show' } }])
  })

  test('a head-to-head counts the results of two players against each other, and the streak of ranked matches', async () => {
    const [one, two, other] = await Promise.all(
      ['history-rival-1', 'history-rival-2', 'history-rival-3'].map((name) => login(node(), name)),
    )
    if (!one || !two || !other) throw new Error('three players are needed')
    const here: [string, string] = [one.player.id, two.player.id]
    const there: [string, string] = [two.player.id, one.player.id]
    const played = [
      { players: here, mode: 'ranked', winner: 1 },
      { players: here, mode: 'ranked', winner: 0 },
      { players: there, mode: 'casual', winner: 0 },
      { players: there, mode: 'room', winner: null },
      { players: there, mode: 'ranked', winner: 1 },
      { players: [other.player.id, one.player.id], mode: 'ranked', winner: 1 },
      { players: here, mode: 'practice', winner: 0 },
    ] as const
    const matches: string[] = []
    for (const [index, each] of played.entries())
      matches.push(await appendMatch(redis, { ...each, players: [...each.players], endedAt: Date.now() - 10_000 + index, reason: 'score' }))
    await recorded(cluster.info.mysql.url, matches)
    const against = async (caller: LoginReply, player: string) =>
      (await ask<HeadToHeadReply>(`/api/head-to-head/${player}`, caller.sessionId)).body
    expect(await against(one, two.player.id)).toEqual({ wins: 2, losses: 2, draws: 1, streak: 3 })
    expect(await against(two, one.player.id)).toEqual({ wins: 2, losses: 2, draws: 1, streak: -2 })
    expect(await against(other, two.player.id)).toEqual({ wins: 0, losses: 0, draws: 0, streak: -1 })
    expect(await ask('/api/head-to-head/nobody', one.sessionId)).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } })
    expect(await ask(`/api/head-to-head/${two.player.id}`)).toMatchObject({ status: 401 })
  })

  test('a name that changed since is shown as it is now', async () => {
    const [one, two] = await Promise.all(['history-name-1', 'history-name-2'].map((name) => login(node(), name)))
    if (!one || !two) throw new Error('two players are needed')
    const id = await appendMatch(redis, { players: [one.player.id, two.player.id] })
    await recorded(cluster.info.mysql.url, [id])
    await http(`${node()}/api/me`, { method: 'PATCH', body: { nickname: '改名' }, headers: { sessionid: two.sessionId } })
    expect((await history(one.sessionId)).body.matches[0]?.seats[1]?.player.nickname).toBe('改名')
  })
})

describe('pages', () => {
  let reader: LoginReply
  /** In the order of a history: newest first, and by id within the same instant. */
  const expected: string[] = []

  beforeAll(async () => {
    reader = await login(node(), 'history-reader')
    const others = await Promise.all([1, 2, 3].map((each) => login(node(), `history-other-${each}`)))
    const start = Date.parse('2026-05-01T12:00:00.123Z')
    const played = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const other = others[index % 3]?.player.id ?? ''
        // Three matches at every instant, in either seat: pages have to break in the middle of an instant.
        const endedAt = start + Math.floor(index / 3) * 1000
        const players: [string, string] = index % 2 ? [other, reader.player.id] : [reader.player.id, other]
        return { endedAt, id: await appendMatch(redis, { players, mode: index % 4 ? 'casual' : 'ranked', endedAt }) }
      }),
    )
    played.sort((a, b) => b.endedAt - a.endedAt || (a.id < b.id ? 1 : -1))
    expected.push(...played.map(({ id }) => id))
    await recorded(cluster.info.mysql.url, expected)
  })

  test.each([1, 7, 20, 50])('of %i show every match once, newest first, whichever node replies', async (limit) => {
    const pages = await allPages(reader.sessionId, limit)
    expect(ids(pages.flat())).toEqual(expected)
    expect(pages.map(({ length }) => length)).toEqual([
      ...Array.from({ length: Math.ceil(60 / limit) - 1 }, () => limit),
      60 % limit || limit,
    ])
  })

  test('have 20 matches by default', async () => {
    expect(ids((await history(reader.sessionId)).body.matches)).toEqual(expected.slice(0, 20))
  })

  test('do not shift when a match is recorded between them', async () => {
    const own = await login(node(), 'history-shift')
    const append = (): Promise<string> => appendMatch(redis, { players: [own.player.id, reader.player.id], mode: 'casual' })
    const old: string[] = []
    for (let index = 0; index < 9; index += 1) old.unshift(await append())
    await recorded(cluster.info.mysql.url, old)
    const pages = await allPages(own.sessionId, 4, async () => {
      await recorded(cluster.info.mysql.url, [await append()])
    })
    expect(ids(pages.flat()).sort()).toEqual(old.sort())
  })

  test('of a player who has played nothing are one empty page', async () => {
    const nobody = await login(node(), 'history-nobody')
    expect((await history(nobody.sessionId)).body).toEqual({ matches: [] })
  })
})

test('a page deep in the history of a busy player reads no more rows than a page at its beginning', async () => {
  const [busy, other] = await Promise.all(['history-busy', 'history-idle'].map((name) => login(node(), name)))
  if (!busy || !other) throw new Error('two players are needed')
  const start = Date.parse('2026-01-01T00:00:00Z')
  const rows = Array.from({ length: 6000 }, (_, index) => {
    const players = index % 2 ? [busy.player.id, other.player.id] : [other.player.id, busy.player.id]
    return [newMatchId(1), 'casual', 1, ...players, new Date(start + index * 1000), new Date(start + index * 1000 + 500), 'score']
  })
  await sql.batch(
    'INSERT INTO `Match` (id, mode, bestOf, player0Id, player1Id, startedAt, endedAt, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    rows,
  )
  await sql.query('ANALYZE TABLE `Match`')

  // One connection, so that the rows that the session has read can be counted.
  const database = createDatabase({ DATABASE_URL: cluster.info.mysql.url, DATABASE_CONNECTIONS: 1 })
  const reads = async (): Promise<number> => {
    const counters = await database.$queryRaw<{ Variable_name: string; Value: string }[]>`SHOW SESSION STATUS LIKE 'Handler_read%'`
    return counters.reduce((sum, { Value }) => sum + Number(Value), 0)
  }
  const own = createHistory(database, createPlayers(redis, database))
  const cost = async (cursor: Parameters<typeof own.matches>[2]): Promise<number> => {
    const before = await reads()
    expect((await own.matches(busy.player.id, 20, cursor)).matches).toHaveLength(20)
    return (await reads()) - before
  }
  const [first, deep] = [await cost(NEWEST), await cost({ endedAt: start + 3_000_000, id: '0-' })]
  expect(first).toBeLessThan(250)
  expect(deep).toBeLessThan(250)
  await database.$disconnect()
})

describe('refusals', () => {
  test('both calls need a session', async () => {
    const known = newMatchId(16)
    for (const path of ['/api/matches', `/api/matches/${known}`]) {
      for (const sessionId of [undefined, '', 'x', 'y'.repeat(43)]) {
        expect(await ask(path, sessionId), `${path} ${sessionId}`).toMatchObject({
          status: 401,
          body: { error: { code: 'session_expired' } },
        })
      }
    }
  })

  test('every wrong parameter is a bad request that names it', async () => {
    const { sessionId } = await login(node(), 'history-strict')
    const cursor = encodeCursor({ endedAt: Date.now(), id: newMatchId(16) })
    const bad = [
      'limit=0',
      'limit=51',
      'limit=-1',
      'limit=1.5',
      'limit=1e1',
      'limit=',
      'limit=ten',
      'limit=5&limit=6',
      'before=',
      'before=garbage',
      `before=${cursor}x`,
      `before=${'A'.repeat(5000)}`,
      `before=${cursor}&before=${cursor}`,
      'after=1',
      "before=' OR 1=1 -- ",
    ]
    for (const query of bad) {
      expect(await history(sessionId, `?${query}`), query).toMatchObject({
        status: 400,
        body: { error: { code: 'bad_request', message: expect.stringMatching(/limit|before|after/) } },
      })
    }
    for (const good of ['', '?', '?limit=1', '?limit=50', `?before=${cursor}`, `?limit=3&before=${cursor}`])
      expect((await history(sessionId, good)).status, good).toBe(200)
  })

  test('a match that is not recorded, and a value that is not a match id, is not found', async () => {
    const { sessionId } = await login(node(), 'history-lost')
    for (const id of [
      newMatchId(16),
      'x',
      '1-',
      '%00',
      '..%2f..',
      "' OR '1'='1",
      encodeURIComponent('1-用'.padEnd(23, '户')),
      'A'.repeat(3000),
    ]) {
      expect(await match(sessionId, id), id).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } })
    }
  })

  test('a script that reads without pause is told to wait, and no other client is', async () => {
    const [script, other] = await Promise.all(['history-script', 'history-reader-2'].map((name) => login(node(), name)))
    if (!script || !other) throw new Error('two players are needed')
    const [first] = cluster.info.nodes
    const read = ({ sessionId }: LoginReply) => http<HttpErrorBody>(`${first?.url}/api/matches`, { headers: { sessionid: sessionId } })
    const replies = await Promise.all(Array.from({ length: 250 }, () => read(script)))
    expect(replies.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(100)
    const refused = replies.find(({ status }) => status !== 200)
    expect(refused).toMatchObject({ status: 429, body: { error: { code: 'rate_limited', retryAfterMs: expect.any(Number) } } })
    expect((await read(other)).status).toBe(200)
  })
})
