/** MySQL with settings that a site may have made: under its sql_mode, the driver's escapes would not hold. */
import { execFile } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Connection } from 'mariadb'
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import type { MatchReply, MatchesReply } from '../../client-sdk/src/protocol.ts'
import { startCluster, type Cluster } from '../../tools/cluster/cluster.ts'
import { startMariaDb, type MariaDb } from '../../tools/services/mariadb.ts'
import { nodeBinary, ROOT } from '../../tools/services/node.ts'
import { takePort, releasePort } from '../../tools/services/ports.ts'
import { openConnection, SessionError } from '../../prisma/connection.ts'
import { migrate, MigrationError } from '../../prisma/migrate.ts'
import { checkDatabase } from '../../server/src/database.ts'
import { http } from '../support/http.ts'
import { pair, TestPlayer } from '../support/player.ts'
import { tcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'

/** MySQL would execute this as SQL if the quote ended the text, and change the rating of every player. */
const HOSTILE = "',rating=9999#"
const GLOBALS =
  "SET GLOBAL sql_mode='NO_BACKSLASH_ESCAPES,ANSI_QUOTES,PIPES_AS_CONCAT', GLOBAL time_zone='+08:00', " +
  "GLOBAL character_set_client='gbk', GLOBAL character_set_connection='gbk', GLOBAL character_set_results='gbk', " +
  "GLOBAL collation_connection='gbk_chinese_ci'"

let mariadb: MariaDb
let root: Connection
let port: number
const proxies: TcpProxy[] = []

beforeAll(async () => {
  port = await takePort()
  mariadb = await startMariaDb({ dir: mkdtempSync(join(inject('testDir'), 'mysql-')), port, durable: false })
  root = await openConnection(mariadb.rootUrl)
  await root.query(GLOBALS)
})
afterEach(async () => {
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()))
})
afterAll(async () => {
  await root?.end()
  await mariadb?.service.stop()
  releasePort(port)
})

test('a nickname stays a nickname, and every session of every role is set up before its first statement', async () => {
  await root.query("SET GLOBAL log_output='TABLE', GLOBAL general_log=1")
  const cluster: Cluster = await startCluster({
    dataDir: mkdtempSync(join(inject('testDir'), 'cluster-')),
    nodes: 2,
    nginx: false,
    env: { DRAIN_MS: '100', BOT_AFTER_MS: '60000' },
    database: { url: mariadb.url, pid: mariadb.service.pid },
  })
  try {
    const [one, two] = [await TestPlayer.join('one', cluster.info.url), await TestPlayer.join('two', cluster.info.nodes[1]?.url ?? '')]
    const changed = await http<{ player: { nickname: string } }>(`${cluster.info.url}/api/me`, {
      method: 'PUT',
      headers: { sessionid: one.sessionId },
      body: { nickname: HOSTILE },
    })
    expect(changed).toMatchObject({ status: 200, body: { player: { nickname: HOSTILE, rating: 1500 } } })
    const id = await pair(one, two, 1, 'ranked')
    await Promise.all([one.play(id, () => 'rock'), two.play(id, () => 'paper')])
    // Recorder, ratings and history: the code whose statements are written by hand.
    const history = async () =>
      (await http<MatchesReply>(`${cluster.info.url}/api/matches`, { headers: { sessionid: one.sessionId } })).body.matches
    await expect.poll(async () => (await history()).map((match) => match.id), { timeout: 10_000 }).toEqual([id])
    const found = (await http<MatchReply>(`${cluster.info.url}/api/matches/${id}`, { headers: { sessionid: two.sessionId } })).body
    // Times are in UTC, whatever the server's own time zone.
    expect(Math.abs(found.match.startedAt - Date.now())).toBeLessThan(60_000)
    for (const player of [one, two]) player.close()
    const { mysql, redis } = cluster.info
    await promisify(execFile)(nodeBinary(), [join(ROOT, 'server/src/recorder/rebuild.ts')], {
      env: { ...process.env, DATABASE_URL: mysql.url, REDIS_URL: redis.url },
    })
  } finally {
    await cluster.close()
  }
  await root.query('SET GLOBAL general_log=0')

  expect(await root.query('SELECT nickname FROM caiquan.Player WHERE rating = 9999')).toEqual([])
  const log: { thread: bigint | number; statement: string }[] = await root.query(
    `SELECT thread_id AS thread, CONVERT(argument USING utf8mb4) AS statement FROM mysql.general_log
      WHERE command_type = 'Query' AND user_host LIKE '%caiquan%' ORDER BY event_time, thread_id`,
  )
  const sessions = Map.groupBy(log, ({ thread }) => thread)
  expect(sessions.size).toBeGreaterThan(4)
  for (const [, statements] of sessions) {
    const texts = statements.map(({ statement }) => statement)
    const first = texts.findIndex((sql) => !/^(SET|SELECT @@)/i.test(sql))
    const begin = first < 0 ? texts : texts.slice(0, first)
    expect(begin.join('\n')).toMatch(/SET SESSION sql_mode = 'ONLY_FULL_GROUP_BY[^]*SET NAMES utf8mb4[^]*SET SESSION time_zone/)
  }
}, 120_000)

/** The character set that the client asks for in its handshake: one byte, the id of a collation. `gbk_chinese_ci` is 28. */
const HANDSHAKE_COLLATION = 12
const GBK = 28

/** A proxy that acknowledges the statement that sets up the session without carrying it out. */
async function swallowing(statements: string[]): Promise<string> {
  const charset = statements.length > 1
  const handshaken = new WeakSet<object>()
  const proxy = await tcpProxy(port, (sent, connection) => {
    if (charset && !handshaken.has(connection)) {
      handshaken.add(connection)
      sent[HANDSHAKE_COLLATION] = GBK
    }
    let text = sent.toString('latin1')
    for (const statement of statements) {
      for (let at = text.indexOf(statement); at >= 0; at = text.indexOf(statement)) {
        const length = Buffer.from(text, 'latin1').readUIntLE(at - 5, 3) - 1
        text = text.slice(0, at) + 'DO 1'.padEnd(length) + text.slice(at + length)
      }
    }
    return Buffer.from(text, 'latin1')
  })
  proxies.push(proxy)
  const url = new URL(mariadb.url)
  url.port = String(proxy.port)
  return url.href
}

test.each([
  ['sql_mode', ['SET SESSION sql_mode']],
  // The driver asks for utf8mb4 in its handshake and by a statement of its own.
  ['the character set', ['SET NAMES utf8mb4 COLLATE', 'SET NAMES utf8mb4']],
])('no process starts if %s cannot be set', async (_, statements) => {
  const url = await swallowing(statements)
  await expect(checkDatabase({ DATABASE_URL: url })).rejects.toThrow(SessionError)
  await expect(migrate(url, { waitMs: 5000 })).rejects.toThrow(MigrationError)
  const started = performance.now()
  const run = promisify(execFile)(nodeBinary(), [join(ROOT, 'server/main.ts')], {
    env: {
      ...process.env,
      DATABASE_URL: url,
      REDIS_URL: 'redis://127.0.0.1:1',
      WECHAT_APPID: 'wx',
      WECHAT_SECRET: 'x',
      WECHAT_API_URL: 'http://127.0.0.1:1',
      PORT: '0',
    },
    timeout: 20_000,
  })
  await expect(run).rejects.toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/"level":60.*MySQL does not let its sessions be set up/),
  })
  expect(performance.now() - started).toBeLessThan(10_000)
})

test('a MySQL that is away prevents no process from starting', async () => {
  await expect(checkDatabase({ DATABASE_URL: 'mysql://caiquan:x@127.0.0.1:1/caiquan' })).resolves.toBeUndefined()
})
