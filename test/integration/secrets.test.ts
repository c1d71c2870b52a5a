/** No log contains anything that opens a session, identifies a person or reveals a hidden move, whatever fails. */
import { readFileSync } from 'node:fs'
import { Redis } from 'ioredis'
import type { Connection } from 'mariadb'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { openConnection } from '../../prisma/connection.ts'
import { testCluster } from '../support/cluster.ts'
import { http } from '../support/http.ts'
import { pair, TestPlayer, wechatCode } from '../support/player.ts'

let cluster: Cluster
let redis: Redis
let sql: Connection
let url: string
let one: TestPlayer
let two: TestPlayer

beforeAll(async () => {
  cluster = await testCluster({ nodes: 2, nginx: true, ownDatabase: true, env: { ROUND_MS: '60000', LOG_LEVEL: 'debug' } })
  redis = new Redis(cluster.info.redis.url)
  sql = await openConnection(cluster.info.mysql.url)
  url = cluster.info.nodes[0]?.url ?? ''
  one = await TestPlayer.join('openid-of-one-', url)
  two = await TestPlayer.join('openid-of-two-', cluster.info.nodes[1]?.url ?? '')
})
afterAll(async () => {
  for (const player of [one, two]) player?.close()
  await redis?.quit()
  await sql?.end()
  await cluster?.close()
})

const logs = (): string =>
  [...cluster.nodes, ...(cluster.nginx ? [cluster.nginx.service] : [])].map(({ logFile }) => readFileSync(logFile, 'utf8')).join('\n')
const logIn = () => http(`${url}/api/login`, { method: 'POST', body: { code: wechatCode('openid-of-stranger') } })
const rename = () => http(`${url}/api/me`, { method: 'PUT', headers: { sessionid: one.sessionId }, body: { nickname: 'openid-of-name' } })

/** Runs everything that writes, while a store refuses. */
async function tryAll(move: () => Promise<unknown>): Promise<void> {
  await Promise.all(
    [
      logIn(),
      rename(),
      http(`${url}/api/session`, { headers: { sessionid: one.sessionId } }),
      move(),
      one.raw('match:sync'),
      http(`${url}/api/matches`, { headers: { sessionid: one.sessionId } }),
    ].map((each) => each.catch(() => undefined)),
  )
}

test('no secret is logged when Redis refuses single commands, is full or knows no script, or when MySQL refuses', async () => {
  const id = await pair(one, two, 5)
  const move = (): Promise<unknown> => one.raw('match:move', { matchId: id, round: 1, move: 'scissors' })
  for (const command of ['hset', 'set', 'evalsha', 'eval', 'hmget', 'pexpireat', 'exec', 'multi', 'mget', 'zadd']) {
    await redis.acl('SETUSER', 'default', `-${command}`)
    try {
      await tryAll(move)
    } finally {
      await redis.acl('SETUSER', 'default', '+@all')
    }
  }
  await redis.config('SET', 'maxmemory', '1mb')
  try {
    await tryAll(move)
  } finally {
    await redis.config('SET', 'maxmemory', '0')
  }
  // The stored value has another form than the code expects: errors of parsers quote it.
  for (const key of await redis.keys(`cq:player:*${one.player.id}*`))
    if ((await redis.type(key)) === 'string') await redis.set(key, 'openid-of-one-session {')
  await tryAll(move)
  await sql.query('ALTER TABLE Player RENAME COLUMN nickname TO nicknames')
  try {
    await tryAll(move)
  } finally {
    await sql.query('ALTER TABLE Player RENAME COLUMN nicknames TO nickname')
  }
  const text = logs()
  expect(text.length).toBeGreaterThan(5000)
  expect(text).toMatch(/"level":50/)
  const sessionKeys = (await Promise.all((await redis.keys('cq:session:*')).map((each) => redis.hget(each, 'sessionKey')))).filter(
    (each) => each !== null,
  )
  expect(sessionKeys.length).toBeGreaterThan(0)
  const secrets = [
    one.sessionId,
    two.sessionId,
    ...sessionKeys,
    'openid-of-',
    'scissors',
    'sessionKey","',
    cluster.info.mysql.url.split('@')[0] ?? '',
  ]
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(5)
    expect(text.includes(secret), secret).toBe(false)
  }
}, 120_000)
