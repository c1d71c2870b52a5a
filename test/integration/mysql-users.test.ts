import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createConnection, type Connection } from 'mariadb'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { ROOT } from '../../tools/services/node.ts'
import { connectionOptions } from '../../prisma/connection.ts'
import { archive } from '../../prisma/archive.ts'
import { migrate, waitUntilMigrated } from '../../prisma/migrate.ts'
import { expectRecorded, recorded } from '../support/records.ts'
import { testCluster } from '../support/cluster.ts'
import { changeMe, ownOf, SAFETY_ENV } from '../support/content-safety.ts'
import { testDatabase, type TestDatabase } from '../support/database.ts'
import { http } from '../support/http.ts'
import { PNG } from '../support/picture.ts'
import { pair, TestPlayer } from '../support/player.ts'
import { tempDir } from '../support/temp.ts'

/** The two users of ops/mysql/users.sql.template. They have names of their own here, because other tests share this MySQL. */
let database: TestDatabase
let root: Connection
let cluster: Cluster | undefined
let urlOf: (user: 'migrate' | 'play') => string

const statements = (part: 1 | 2): string[] => {
  const text = readFileSync(join(ROOT, 'ops/mysql/users.sql.template'), 'utf8').split(/^-- 2: .*$/m)[part - 1] ?? ''
  const { name } = database
  const filled = text
    .replaceAll('`caiquan_', `\`${name}_`)
    .replaceAll('${DATABASE}', name)
    .replaceAll('${MIGRATE_PASSWORD}', 'm')
    .replaceAll('${PLAY_PASSWORD}', 'p')
    .replaceAll('${BACKUP_PASSWORD}', 'b')
  return filled
    .replaceAll(/^--.*$/gm, '')
    .split(';')
    .map((each) => each.trim())
    .filter(Boolean)
}

beforeAll(async () => {
  database = await testDatabase()
  const { rootUrl } = inject('mariadb')
  root = await createConnection(connectionOptions(rootUrl))
  const base = new URL(rootUrl)
  urlOf = (user) => `mysql://${database.name}_${user}:${user === 'migrate' ? 'm' : 'p'}@${base.host}/${database.name}`
  for (const sql of statements(1)) await root.query(sql)
  await migrate(urlOf('migrate'))
  for (const sql of statements(2)) await root.query(sql)
})
afterAll(async () => {
  await cluster?.close()
  for (const user of ['migrate', 'play', 'backup']) await root.query(`DROP USER IF EXISTS \`${database.name}_${user}\`@\`%\``)
  await root.end()
  await database.drop()
})

test('the user that plays can do all that servers, recorders and their wait for the migrations do', async () => {
  await waitUntilMigrated(urlOf('play'), { waitMs: 1000 })
  // The first node belongs to the test's own database: everything that needs MySQL here goes through the second one.
  cluster = await testCluster({ nodes: 1, env: { RECORDER: 'off' } })
  const node = await cluster.addNode({ DATABASE_URL: urlOf('play'), RECORDER: 'on' })
  const [one, two] = await Promise.all([TestPlayer.join('granted-one', node.url), TestPlayer.join('granted-two', node.url)])
  const headers = { sessionid: one.sessionId }
  expect(
    (await http(`${node.url}/api/me`, { method: 'PUT', headers, body: { nickname: '甲', avatar: PNG.toString('base64') } })).status,
  ).toBe(200)
  expect((await http(`${node.url}/api/me`, { method: 'PUT', headers, body: { avatar: PNG.toString('base64') } })).status).toBe(200)
  const id = await pair(one, two, 1, 'ranked')
  await Promise.all([one.play(id, () => 'rock'), two.play(id, () => 'paper')])
  expectRecorded(await recorded(urlOf('play'), [id]), id, [one, two])
  for (const path of ['/api/matches', `/api/matches/${id}`, '/api/leaderboard', `/api/head-to-head/${two.player.id}`, '/api/session']) {
    expect((await http(`${node.url}${path}`, { headers })).status, path).toBe(200)
  }
  // Nicknames are checked, and all data of a player who leaves for good is removed.
  const careful = await cluster.addNode({ ...SAFETY_ENV, DATABASE_URL: urlOf('play'), RECORDER: 'off' })
  await changeMe(careful.url, one.sessionId, { nickname: '乙' })
  await expect
    .poll(() => ownOf(careful.url, one.sessionId), { timeout: 10_000 })
    .toEqual(expect.not.objectContaining({ review: expect.anything() }))
  expect((await http(`${node.url}/api/me`, { method: 'DELETE', headers })).status).toBe(204)
  const left = (table: string) =>
    root.query<unknown[]>(`SELECT * FROM \`${database.name}\`.\`${table}\` WHERE playerId = ?`, [one.player.id])
  await expect.poll(() => left('Erasure'), { timeout: 60_000, interval: 500 }).toEqual([])
  expect([await left('Avatar'), await left('ContentCheck')]).toEqual([[], []])
  for (const player of [one, two]) player.close()
}, 90_000)

test('the user of the migrations can run the archive, too', async () => {
  const dir = tempDir('archive')
  expect(
    (await archive(urlOf('migrate'), { dir, keepDays: 14, now: Date.now() + 60 * 86_400_000 })).reduce(
      (sum, { rounds }) => sum + rounds,
      0,
    ),
  ).toBeGreaterThan(0)
})

/** The rows that players ask to have removed. */
const REMOVABLE = new Set(['Avatar', 'ContentCheck', 'Erasure'])

test('the user that plays can neither remove records, nor change them, nor change a table', async () => {
  const play = await createConnection(connectionOptions(urlOf('play')))
  const tables = await root.query<{ name: string }[]>('SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ?', [
    database.name,
  ])
  const denied = async (sql: string): Promise<void> => expect(play.query(sql), sql).rejects.toMatchObject({ sqlState: '42000' })
  try {
    expect(tables.length).toBeGreaterThanOrEqual(8)
    for (const { name } of tables) {
      if (!REMOVABLE.has(name)) await denied(`DELETE FROM \`${name}\``)
      await denied(`TRUNCATE \`${name}\``)
      await denied(`DROP TABLE \`${name}\``)
      await denied(`ALTER TABLE \`${name}\` ADD COLUMN x INT`)
    }
    await denied("UPDATE Round SET reason = 'x'")
    await denied('UPDATE RatingChange SET delta0 = 0')
    await denied("UPDATE Setting SET value = 'x'")
    await denied("INSERT INTO `_prisma_migrations` (id, checksum, migration_name) VALUES ('a', 'b', 'c')")
    await denied('CREATE TABLE x (y INT)')
    await denied('SELECT * FROM mysql.global_priv')
  } finally {
    await play.end()
  }
})
