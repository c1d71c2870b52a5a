/**
 * MySQL is restored from a backup that is older than a player. That player is the same player at their next login, and no other person is.
 */
import type { Connection } from 'mariadb'
import express from 'express'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import type { Service } from '../../tools/services/process.ts'
import { openConnection } from '../../prisma/connection.ts'
import { createOpenids } from '../../server/src/players/openids.ts'
import { createPlayers } from '../../server/src/players/players.ts'
import { createSessions } from '../../server/src/players/sessions.ts'
import { createDatabase, type Database } from '../../server/src/database.ts'
import { sessionRoutes, type SessionRoutesOptions } from '../../server/src/http/session-routes.ts'
import { openidKey, playerKey, playerOpenidKey } from '../../server/src/keys.ts'
import { createLimiter } from '../../server/src/limits.ts'
import { createMetrics } from '../../server/src/metrics.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import { recorded } from '../support/records.ts'
import { checkedProfiles, type CheckedProfilesOptions, type Profiles } from '../../server/src/moderation/profiles.ts'
import { testCluster } from '../support/cluster.ts'
import { http } from '../support/http.ts'
import { mysqlProgram } from '../support/mysql-programs.ts'
import { login, pair, TestPlayer } from '../support/player.ts'
import { recorderService } from '../support/recorder-service.ts'
import { keysOf, openRedis } from '../support/redis.ts'
import { tcpProxy } from '../support/tcp-proxy.ts'

let cluster: Cluster
let nodes: [string, string]
let sql: Connection
let redis: RedisClient
let database: Database
let recorder: Service
let backup: string

/** Runs a client of MariaDB on the database of the cluster. */
function client(program: string, args: string[], input = ''): string {
  // As root: MySQL's dump flushes tables, which the user of the servers may not do.
  const { username, password, hostname, port } = new URL(inject('mariadb').rootUrl)
  const common = ['--no-defaults', `--host=${hostname}`, `--port=${port}`, `--user=${username}`, `--password=${password}`]
  return execFileSync(mysqlProgram(program), [...common, ...args, new URL(cluster.info.mysql.url).pathname.slice(1)], {
    input,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
}
const restore = (): string => client('mysql', [], backup)

beforeAll(async () => {
  // The nodes record nothing, so that rounds wait in Redis for as long as a test needs.
  cluster = await testCluster({ nodes: 2, env: { RECORDER: 'off' } })
  nodes = [cluster.info.nodes[0]?.url ?? '', cluster.info.nodes[1]?.url ?? '']
  sql = await openConnection(cluster.info.mysql.url)
  redis = openRedis(cluster)
  database = createDatabase({ DATABASE_URL: cluster.info.mysql.url, DATABASE_CONNECTIONS: 2 })
  recorder = recorderService(cluster, {})
  await login(nodes[0], 'early')
  backup = client('mysqldump', ['--single-transaction', '--no-tablespaces'])
})
afterAll(async () => {
  await recorder?.kill()
  await sql?.end()
  await redis?.quit()
  await database?.$disconnect()
  await cluster?.close()
})

const rowsOf = (id: string): Promise<Record<string, unknown>[]> =>
  sql.query<Record<string, unknown>[]>('SELECT * FROM Player WHERE id = ?', [id])
/** Logs in four times at once, on two nodes in turn. */
const loginOnBoth = (name: string) => Promise.all([0, 1, 0, 1].map((node) => login(nodes[node as 0 | 1], name)))
const idsOf = (logins: { player: { id: string } }[]): string[] => [...new Set(logins.map(({ player }) => player.id))]
/** The openid that the stand-in for WeChat gives a person. */
async function openidOf(id: string): Promise<string> {
  return String((await rowsOf(id))[0]?.['openid'])
}

test('a player whose rounds were recorded after the restore gets their id and record back, on many nodes at once', async () => {
  const [early, late] = [await TestPlayer.join('early', nodes[0]), await TestPlayer.join('late', nodes[1])]
  const match = await pair(early, late, 1, 'ranked')
  await Promise.all([early.play(match, () => 'scissors'), late.play(match, () => 'rock')])
  restore()
  await recorder.start()
  await recorded(cluster.info.mysql.url, [match])
  await recorder.kill()
  const [before] = await rowsOf(late.player.id)
  expect(before).toMatchObject({ openid: `lost:${late.player.id}`, nickname: '?', wins: 1, losses: 0 })

  const again = await loginOnBoth('late')
  expect(idsOf(again)).toEqual([late.player.id])
  for (const { player } of again)
    expect(player).toMatchObject({ nickname: 'late', wins: 1, losses: 0, draws: 0, rating: before?.['rating'] })
  expect(Number(before?.['rating'])).toBeGreaterThan(1500)
  expect(idsOf(await loginOnBoth('early'))).toEqual([early.player.id])
  expect(
    (await http<{ player: { wins: number } }>(`${nodes[0]}/api/session`, { headers: { sessionid: again[0]?.sessionId ?? '' } })).body.player
      .wins,
  ).toBe(1)
  for (const player of [early, late]) player.close()
})

test('a player who had played nothing gets their id again too, and so does one whose row is created while they log in', async () => {
  const quiet = await login(nodes[0], 'quiet')
  restore()
  expect(idsOf(await loginOnBoth('quiet'))).toEqual([quiet.player.id])

  for (let round = 0; round < 40; round += 1) {
    const { player } = await login(nodes[0], `raced-${round}`)
    await sql.query('DELETE FROM Player WHERE id = ?', [player.id])
    const made = database.player.createMany({
      data: [{ id: player.id, openid: `lost:${player.id}`, nickname: '?', avatarUrl: '' }],
      skipDuplicates: true,
    })
    expect(idsOf(await loginOnBoth(`raced-${round}`))).toEqual([player.id])
    await made
    expect(await rowsOf(player.id)).toHaveLength(1)
    expect(await openidOf(player.id)).not.toMatch(/^lost:/)
  }
})

test('a nickname that the player chose while their openid was unknown stays', async () => {
  const { player, sessionId } = await login(nodes[0], 'renamed')
  const openid = await openidOf(player.id)
  await sql.query("UPDATE Player SET openid = ?, nickname = '?' WHERE id = ?", [`lost:${player.id}`, player.id])
  expect(
    (await http(`${nodes[0]}/api/me`, { method: 'PUT', headers: { sessionid: sessionId }, body: { nickname: 'Chosen' } })).status,
  ).toBe(200)
  expect(await createPlayers(redis, database).login(openid, {})).toMatchObject({ id: player.id, nickname: 'Chosen' })
  await sql.query("UPDATE Player SET openid = ?, nickname = '?' WHERE id = ?", [`lost:${player.id}`, player.id])
  expect((await createPlayers(redis, database).login(openid, {}, 'en')).nickname).toMatch(/^[A-Z]\w+ [A-Z]\w+ \d\d$/)
})

test('a key that names the row of another player, a deleted player, a bot or nonsense gives access to none of them', async () => {
  const [owner, gone, stranger] = await Promise.all(['owner', 'gone', 'stranger'].map((name) => login(nodes[0], name)))
  if (!owner || !gone || !stranger) throw new Error('nobody')
  const openid = await openidOf(stranger.player.id)
  const ownersOpenid = await openidOf(owner.player.id)
  await http(`${nodes[0]}/api/me`, { method: 'DELETE', headers: { sessionid: gone.sessionId } })
  const bot = await rowsOf('bot')
  for (const wrong of [owner.player.id, gone.player.id, 'bot', 'lost', `${owner.player.id}' OR '1`]) {
    const [row] = await rowsOf(wrong)
    await sql.query('DELETE FROM Player WHERE openid = ?', [openid])
    await redis.set(openidKey(openid), wrong)
    const [one, two] = await Promise.all(nodes.map((url) => login(url, 'stranger')))
    expect(one?.player.id, wrong).toBe(two?.player.id)
    expect(one?.player.id, wrong).toMatch(/^[0-9a-z]{21}$/)
    expect(one?.player.id, wrong).not.toBe(wrong)
    expect((await rowsOf(wrong))[0], wrong).toEqual(row)
    // The key is right from then on.
    expect(await redis.get(openidKey(openid))).toBe(one?.player.id)
  }
  expect(await rowsOf('bot')).toEqual(bot)
  expect(await openidOf(owner.player.id)).toBe(ownersOpenid)
})

test('an openid that got a row meanwhile keeps it', async () => {
  const [first, second] = await Promise.all(['first', 'second'].map((name) => login(nodes[0], name)))
  if (!first || !second) throw new Error('nobody')
  const openid = await openidOf(second.player.id)
  await sql.query('UPDATE Player SET openid = ? WHERE id = ?', [`lost:${first.player.id}`, first.player.id])
  await redis.set(openidKey(openid), first.player.id)
  const raced = {
    ...database,
    player: Object.create(database.player, { findUnique: { value: () => Promise.resolve(null) } }),
    $executeRaw: database.$executeRaw.bind(database),
  } as Database
  expect(await createPlayers(redis, raced).login(openid, {})).toMatchObject({ id: second.player.id })
  expect(await openidOf(first.player.id)).toBe(`lost:${first.player.id}`)
})

test('a deleted player stays deleted: their key goes, also if MySQL had lost them, and a later round does not restore them', async () => {
  const opponent = await TestPlayer.join('opponent', nodes[0])
  const erased = await TestPlayer.join('erased', nodes[1])
  const openid = await openidOf(erased.player.id)
  const match = await pair(opponent, erased, 1, 'ranked')
  await Promise.all([opponent.play(match, () => 'paper'), erased.play(match, () => 'rock')])
  restore()
  expect(await rowsOf(erased.player.id)).toEqual([])
  expect(
    (await http(`${nodes[1]}/api/me`, { method: 'DELETE', headers: { sessionid: erased.sessionId, 'accept-language': 'en' } })).status,
  ).toBe(204)
  expect(await redis.exists(openidKey(openid))).toBe(0)
  expect(await redis.exists(playerOpenidKey(erased.player.id))).toBe(0)
  recorder = recorderService(cluster, {})
  await recorder.start()
  await recorded(cluster.info.mysql.url, [match])
  await recorder.kill()
  expect(await rowsOf(erased.player.id)).toMatchObject([{ openid: `deleted:${erased.player.id}`, nickname: 'Deleted player', losses: 1 }])

  // A login that was in flight wrote the key once more.
  await createOpenids(redis).remember(openid, erased.player.id)
  const fresh = await login(nodes[0], 'erased')
  expect(fresh.player).toMatchObject({ wins: 0, losses: 0 })
  expect(fresh.player.id).not.toBe(erased.player.id)
  // The second pass of the deletion does not take the key of a person who came back.
  await createOpenids(redis).forget(erased.player.id)
  expect(await redis.get(openidKey(openid))).toBe(fresh.player.id)
  for (const player of [opponent, erased]) player.close()
})

test('Redis never holds the openid itself, and the keys expire after a month', async () => {
  const { player } = await login(nodes[0], 'openid-in-the-open')
  const openid = await openidOf(player.id)
  const keys = await keysOf(redis, 'cq:*')
  expect(keys.filter((key) => key.includes(openid))).toEqual([])
  for (const key of [openidKey(openid), playerOpenidKey(player.id)]) {
    expect(await redis.get(key)).not.toContain(openid)
    expect(await redis.pttl(key)).toBeGreaterThan(30 * 86_400_000)
  }
})

test('a profile is changed after the next login if MySQL has lost its player', async () => {
  const { player, sessionId } = await login(nodes[0], 'changes')
  await sql.query('DELETE FROM Player WHERE id = ?', [player.id])
  const change = () => http(`${nodes[0]}/api/me`, { method: 'PUT', headers: { sessionid: sessionId }, body: { nickname: 'New name' } })
  expect(await change()).toMatchObject({ status: 401, body: { error: { code: 'session_expired' } } })
  const checked = checkedProfiles({ players: createPlayers(redis, database), reviews: {} } as CheckedProfilesOptions)
  await expect(checked.change(player, { nickname: 'New name' }, null)).rejects.toMatchObject({ code: 'session_expired' })
  expect((await login(nodes[1], 'changes')).player.id).toBe(player.id)
  expect(await change()).toMatchObject({ status: 200, body: { player: { id: player.id, nickname: 'New name' } } })
  expect(await redis.get(playerKey(player.id))).toContain('New name')
})

test('while Redis cannot tell whose openid it was, no login creates a new player', async () => {
  const { player } = await login(nodes[0], 'patient')
  const openid = await openidOf(player.id)
  await sql.query('DELETE FROM Player WHERE id = ?', [player.id])
  const away = Object.create(redis, { get: { value: () => Promise.reject(new Error('Connection is closed.')) } }) as RedisClient
  await expect(createPlayers(away, database).login(openid, {})).rejects.toThrow('closed')
  expect(await sql.query('SELECT id FROM Player WHERE openid = ?', [openid])).toEqual([])
  expect((await login(nodes[0], 'patient')).player.id).toBe(player.id)
})

test('the key that a login writes costs it no extra round trip to Redis', async () => {
  const delayMs = 400
  const proxy = await tcpProxy(Number(new URL(cluster.info.redis.url).port), undefined, () => delayMs)
  const late = openRedis({ info: { ...cluster.info, redis: { ...cluster.info.redis, url: `redis://127.0.0.1:${proxy.port}` } } })
  await late.get('cq:game')
  const { player } = await login(nodes[0], 'timed')
  const app = express().use(
    express.json(),
    sessionRoutes({
      wechat: { code2session: () => Promise.resolve({ openid: 'openid-of-timed', sessionKey: 'k' }) },
      profiles: { login: () => Promise.resolve(player) } as unknown as Profiles,
      sessions: createSessions(late, { SESSION_IDLE_MS: 60_000, SESSION_MAX_MS: 60_000 }),
      openids: createOpenids(late),
      limiter: createLimiter(10),
      loginPerMinute: 10,
      metrics: createMetrics('test'),
      wechatCloud: false,
    } as Partial<SessionRoutesOptions> as SessionRoutesOptions),
  )
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const begun = performance.now()
  expect(
    (await http(`http://127.0.0.1:${(server.address() as AddressInfo).port}/api/login`, { method: 'POST', body: { code: 'x' } })).status,
  ).toBe(200)
  const ms = performance.now() - begun
  expect(await redis.get(openidKey('openid-of-timed'))).toBe(player.id)
  // One round trip; a second one would take as long again.
  expect(ms).toBeGreaterThan(delayMs - 5)
  expect(ms).toBeLessThan(2 * delayMs - 20)
  server.close()
  late.disconnect()
  await proxy.close()
})
