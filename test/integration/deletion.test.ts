/** A deleted player is gone for all other players, also if a node dies during the deletion. The opponents keep their matches. */
import type { Connection } from 'mariadb'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LeaderboardReply, MatchesReply } from '../../client-sdk/src/protocol.ts'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { openConnection } from '../../prisma/connection.ts'
import { createPlayers } from '../../server/src/players/players.ts'
import { createDatabase, type Database } from '../../server/src/database.ts'
import { createErasures } from '../../server/src/erasure/erasures.ts'
import { sessionKey } from '../../server/src/keys.ts'
import { createLeaderboard } from '../../server/src/recorder/leaderboard.ts'
import { isoWeek } from '../../server/src/recorder/week.ts'
import { rebuild } from '../../server/src/recorder/rebuild.ts'
import { createContentChecks } from '../../server/src/moderation/content-checks.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import { testCluster } from '../support/cluster.ts'
import { http } from '../support/http.ts'
import { PNG } from '../support/picture.ts'
import { login, pair, TestPlayer } from '../support/player.ts'
import { openRedis } from '../support/redis.ts'

let cluster: Cluster
let url: string
let sql: Connection
let redis: RedisClient
let database: Database

beforeAll(async () => {
  cluster = await testCluster({ nodes: 2, nginx: true, env: { ROUND_MS: '60000' } })
  ;({ url } = cluster.info)
  sql = await openConnection(cluster.info.mysql.url)
  redis = openRedis(cluster)
  database = createDatabase({ DATABASE_URL: cluster.info.mysql.url, DATABASE_CONNECTIONS: 2 })
})
afterAll(async () => {
  await sql?.end()
  await redis?.quit()
  await database?.$disconnect()
  await cluster?.close()
})

const remove = (sessionid: string, base = url) =>
  http(`${base}/api/me`, { method: 'DELETE', headers: { sessionid, 'accept-language': 'en' } })
const ranks = async (): Promise<string[]> =>
  (await http<LeaderboardReply>(`${url}/api/leaderboard?limit=100`)).body.entries.map(({ player }) => player.id)
const historyOf = async (sessionid: string): Promise<MatchesReply> =>
  (await http<MatchesReply>(`${url}/api/matches`, { headers: { sessionid } })).body
async function rowOf(id: string): Promise<Record<string, unknown>> {
  const [row] = await sql.query<Record<string, unknown>[]>(
    'SELECT p.*, a.hash FROM Player p LEFT JOIN Avatar a ON a.playerId = p.id WHERE p.id = ?',
    [id],
  )
  return row ?? {}
}
const winner = (view: { seats: { player: { id: string } }[] }, id: string): 0 | 1 => (view.seats[0]?.player.id === id ? 0 : 1)

/** The first plays rock, the second scissors. */
async function play(one: TestPlayer, two: TestPlayer): Promise<void> {
  const match = await pair(one, two, 1, 'ranked')
  await Promise.all([one.play(match, () => 'rock'), two.play(match, () => 'scissors')])
}

test('a deletion ends sessions, sockets and the match, and removes profile, openid and rank; the opponent keeps all', async () => {
  const [one, two] = [
    await TestPlayer.join('leaves', cluster.info.nodes[0]?.url ?? ''),
    await TestPlayer.join('stays', cluster.info.nodes[1]?.url ?? ''),
  ]
  const avatarUrl = (
    await http<{ player: { avatarUrl: string } }>(`${url}/api/me`, {
      method: 'PUT',
      headers: { sessionid: one.sessionId },
      body: { avatar: PNG.toString('base64') },
    })
  ).body.player.avatarUrl
  await play(one, two)
  await expect.poll(ranks, { timeout: 15_000 }).toEqual(expect.arrayContaining([one.player.id, two.player.id]))
  const running = await pair(one, two, 3, 'ranked')
  const second = await login(url, 'leaves')

  expect((await remove(one.sessionId, cluster.info.nodes[1]?.url)).status).toBe(204)
  await one.until(() => !one.socket.connected, 'the end of the connection')
  const end = await two.until(() => two.current?.id === running && two.current.status === 'finished' && two.current, 'the end of the match')
  expect(end.result).toEqual({ winner: winner(end, two.player.id), reason: 'forfeit' })

  for (const { sessionId } of [one, second])
    expect(await http(`${url}/api/session`, { headers: { sessionid: sessionId } })).toMatchObject({
      status: 401,
      body: { error: { code: 'session_expired' } },
    })
  const again = TestPlayer.resume(one, url)
  await expect(again.until(() => again.socket.connected, 'no connection', 1500)).rejects.toThrow(/unauthorized/)
  again.close()
  expect((await http(avatarUrl)).status).toBe(404)
  expect(await rowOf(one.player.id)).toMatchObject({
    openid: `deleted:${one.player.id}`,
    nickname: 'Deleted player',
    avatarUrl: '',
    hash: null,
  })

  await expect.poll(async () => (await historyOf(two.sessionId)).matches.length, { timeout: 15_000 }).toBe(2)
  const { matches } = await historyOf(two.sessionId)
  for (const { seats } of matches)
    expect(seats.map(({ player }) => player)).toContainEqual(
      expect.objectContaining({ id: one.player.id, nickname: 'Deleted player', avatarUrl: '', deleted: true }),
    )
  // Events that are recorded after the deletion count, and do not restore the player.
  await expect.poll(async () => rowOf(two.player.id), { timeout: 15_000 }).toMatchObject({ wins: 1, losses: 1 })
  const [sum] = await sql.query<{ total: unknown }[]>('SELECT SUM(rating) AS total FROM Player WHERE id IN (?, ?)', [
    one.player.id,
    two.player.id,
  ])
  expect(Number(sum?.total)).toBe(3000)
  expect(await ranks()).toContain(two.player.id)
  expect(await ranks()).not.toContain(one.player.id)
  expect(await redis.zscore('cq:rank:all', one.player.id)).toBeNull()
  await rebuild({ redis, database })
  expect(await redis.zscore(`cq:rank:${isoWeek(Date.now())}`, two.player.id)).not.toBeNull()
  expect(await redis.zscore(`cq:rank:${isoWeek(Date.now())}`, one.player.id)).toBeNull()
  expect(await redis.zscore('cq:rank:all', one.player.id)).toBeNull()
  expect(await redis.zscore('cq:rank:all', two.player.id)).not.toBeNull()

  // A client that got no reply asks again. The same person starts as a new player.
  expect((await remove(one.sessionId)).status).toBe(204)
  // WeChat's key of the session that asked is gone.
  expect(await redis.hkeys(sessionKey(one.sessionId))).toEqual(expect.not.arrayContaining(['sessionKey']))
  const fresh = await login(url, 'leaves')
  expect(fresh.player.id).not.toBe(one.player.id)
  expect(fresh.player).toMatchObject({ wins: 0, losses: 0 })
  for (const player of [one, two]) player.close()
})

test('a player who waits for an opponent is not paired once they are deleted, and a guest does not find their room', async () => {
  const [waits, hosts, third] = await Promise.all(['waits', 'hosts', 'third'].map((name) => TestPlayer.join(name, url)))
  if (!waits || !hosts || !third) throw new Error('nobody')
  await waits.request('match:find', { mode: 'ranked', bestOf: 5 })
  const { code } = await hosts.request('room:create', {})
  expect((await remove(waits.sessionId)).status).toBe(204)
  expect((await remove(hosts.sessionId)).status).toBe(204)
  expect(await third.request('match:find', { mode: 'ranked', bestOf: 5 })).toEqual({ state: 'queued' })
  await third.request('match:cancel')
  expect(await third.ask('room:join', { code })).toMatchObject({ ok: false })
  for (const player of [waits, hosts, third]) player.close()
})

test('the node that was asked dies after the first step: other nodes do the rest, twice, and then forget about it', async () => {
  const [one, two] = [await TestPlayer.join('half', cluster.info.nodes[0]?.url ?? ''), await TestPlayer.join('whole', url)]
  const match = await pair(one, two)
  await createErasures(database, { firstMs: 0 }).begin(one.player.id, 'Deleted player')
  await one.until(() => !one.socket.connected, 'the end of the connection')
  await two.until(() => two.current?.id === match && two.current.status === 'finished', 'the end of the match')
  expect((await http(`${url}/api/session`, { headers: { sessionid: one.sessionId } })).status).toBe(401)
  // A request that was in flight stores a picture.
  await sql.query("INSERT INTO Avatar VALUES (?, 'x', 'image/jpeg', '')", [one.player.id])
  const notes = () => sql.query<{ passes: number }[]>('SELECT passes FROM Erasure WHERE playerId = ?', [one.player.id])
  await expect.poll(notes, { timeout: 10_000 }).toEqual([{ passes: 1 }])
  await sql.query("UPDATE Erasure SET dueAt = '2000-01-01' WHERE playerId = ?", [one.player.id])
  await expect.poll(notes, { timeout: 10_000 }).toEqual([])
  expect(await rowOf(one.player.id)).toMatchObject({ hash: null })
  for (const player of [one, two]) player.close()
})

test('a player who is deleted while their connection is still open can start nothing more', async () => {
  const player = await TestPlayer.join('stands', url)
  await createErasures(database, { firstMs: 600_000 }).begin(player.player.id, 'Deleted player')
  const players = createPlayers(redis, database)
  await players.publish(await players.read([player.player.id]))
  for (const [event, request] of [
    ['match:find', { mode: 'casual' }],
    ['match:find', { mode: 'practice' }],
    ['room:create', {}],
  ] as const) {
    expect(await player.raw(event, request), event).toMatchObject({ ok: false, error: { code: 'unauthorized' } })
  }
  player.close()
})

test('late work does not restore a deleted player: a recorder, a change of the profile, a result of WeChat', async () => {
  const { player } = await login(url, 'late')
  const players = createPlayers(redis, database)
  const checks = createContentChecks(database)
  await checks.submit(player.id, 'nickname', 'late name')
  const check = (await checks.lease(50, 60_000)).find(({ playerId }) => playerId === player.id)
  await createErasures(database, { firstMs: 600_000 }).begin(player.id, 'Deleted player')
  await createErasures(database, { firstMs: 600_000 }).begin(player.id, 'Another name')
  const end = {
    type: 'end',
    match: '0-x',
    mode: 'ranked',
    players: [player.id, 'nobody'],
    result: { winner: 0, reason: 'score' },
    scores: [1, 0],
    at: Date.now(),
  } as const
  await createLeaderboard(redis, players).update([end as never], [player])
  expect(await redis.zscore('cq:rank:all', player.id)).toBeNull()
  await expect(players.update(player.id, { nickname: 'late name' })).rejects.toMatchObject({ code: 'session_expired' })
  await sql.query("INSERT INTO ContentCheck (playerId, kind, ticket, value, state) VALUES (?, 'nickname', ?, 'late name', 'pending')", [
    player.id,
    check?.ticket ?? '',
  ])
  if (check) expect(await checks.decide(check, 'accepted', 1000)).toBe(false)
  expect(await rowOf(player.id)).toMatchObject({ nickname: 'Deleted player', avatarUrl: '' })
})

test('a deletion without a session is refused', async () => {
  expect(await remove('')).toMatchObject({ status: 401, body: { error: { code: 'session_expired' } } })
  expect((await remove('x'.repeat(43))).status).toBe(401)
})
