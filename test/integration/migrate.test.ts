import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Connection } from 'mariadb'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { mysqldPath } from '../../tools/services/mysqld.ts'
import { openConnection } from '../../prisma/connection.ts'
import { migrate, MigrationError, waitUntilMigrated } from '../../prisma/migrate.ts'
import { testDatabase, type TestDatabase } from '../support/database.ts'
import { tempDir } from '../support/temp.ts'

const MIGRATE = join(import.meta.dirname, '../../prisma/migrate.ts')
const INIT = join(import.meta.dirname, '../../prisma/migrations/20261123000000_init/migration.sql')

let database: TestDatabase
let connection: Connection
let folder: string

beforeEach(async () => {
  database = await testDatabase()
  connection = await openConnection(database.url)
  folder = tempDir('migrations')
})
afterEach(async () => {
  await connection.end()
  await database.drop()
})

function put(name: string, sql: string): void {
  mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(join(folder, name, 'migration.sql'), sql)
}
const tables = async (): Promise<string[]> =>
  (await connection.query<Record<string, string>[]>('SHOW TABLES')).flatMap((row) => Object.values(row))
type Row = Record<string, unknown>
const rows = (): Promise<Row[]> => connection.query('SELECT * FROM _prisma_migrations ORDER BY started_at')

test('an empty database gets every migration, and they are recorded as Prisma records them', async () => {
  const lines: string[] = []
  const { applied } = await migrate(database.url, { log: (line) => lines.push(line) })
  expect(applied[0]).toBe('20261123000000_init')
  expect(lines[0]).toMatch(/^Applied 20261123000000_init \(\d+ ms\)$/)
  expect(await tables()).toEqual(expect.arrayContaining(['Match', 'OutboxCursor', 'Player', 'RatingChange', 'Round', '_prisma_migrations']))
  const [row] = await rows()
  expect(row).toMatchObject({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    checksum: createHash('sha256').update(readFileSync(INIT)).digest('hex'),
    migration_name: '20261123000000_init',
    logs: null,
    rolled_back_at: null,
    applied_steps_count: 1,
  })
  expect(Number(row?.['finished_at'])).toBeGreaterThanOrEqual(Number(row?.['started_at']))
})

test("the table is Prisma's own", async () => {
  await migrate(database.url)
  const columns = await connection.query<Row[]>('SHOW COLUMNS FROM _prisma_migrations')
  expect(columns.map(({ Field, Type, Null, Key }) => [Field, String(Type).replace(/^int\(\d+\)/, 'int'), Null, Key])).toEqual([
    ['id', 'varchar(36)', 'NO', 'PRI'],
    ['checksum', 'varchar(64)', 'NO', ''],
    ['finished_at', 'datetime(3)', 'YES', ''],
    ['migration_name', 'varchar(255)', 'NO', ''],
    ['logs', 'text', 'YES', ''],
    ['rolled_back_at', 'datetime(3)', 'YES', ''],
    ['started_at', 'datetime(3)', 'NO', ''],
    ['applied_steps_count', 'int unsigned', 'NO', ''],
  ])
})

test('running again changes nothing', async () => {
  await migrate(database.url)
  const before = await rows()
  expect(await migrate(database.url)).toEqual({ applied: [] })
  expect(await rows()).toEqual(before)
})

test('runners at the same moment apply each migration once', async () => {
  put('1_first', 'CREATE TABLE a (x INT); DO SLEEP(0.2); INSERT INTO a VALUES (1)')
  put('2_second', 'INSERT INTO a VALUES (2)')
  const results = await Promise.all(Array.from({ length: 4 }, () => migrate(database.url, { folder })))
  expect(results.flatMap(({ applied }) => applied).sort()).toEqual(['1_first', '2_second'])
  expect(await connection.query('SELECT x FROM a ORDER BY x')).toEqual([{ x: 1 }, { x: 2 }])
})

test('migrations run in order of their names, also those that are added later', async () => {
  put('2_second', 'INSERT INTO a VALUES (2)')
  put('1_first', 'CREATE TABLE a (x INT)')
  expect(await migrate(database.url, { folder })).toEqual({ applied: ['1_first', '2_second'] })
  put('3_third', 'INSERT INTO a VALUES (3)')
  expect(await migrate(database.url, { folder })).toEqual({ applied: ['3_third'] })
})

test('the server tells statements apart: semicolons in texts and comments do no harm', async () => {
  put('1_text', "-- a; comment\nCREATE TABLE a (x VARCHAR(20) DEFAULT ';'); /* ; */ INSERT INTO a VALUES ('a;b'), (DEFAULT);\n")
  await migrate(database.url, { folder })
  expect(await connection.query('SELECT x FROM a')).toEqual([{ x: 'a;b' }, { x: ';' }])
})

test('a failed migration is recorded, and no other runs until an operator has looked at it', async () => {
  put('1_good', 'CREATE TABLE a (x INT)')
  put('2_bad', 'INSERT INTO a VALUES (1); INSERT INTO nowhere VALUES (1)')
  put('3_later', 'INSERT INTO a VALUES (3)')
  await expect(migrate(database.url, { folder })).rejects.toThrow(/2_bad failed: .*nowhere/)
  expect((await rows()).map((row) => [row['migration_name'], row['finished_at'] !== null, row['applied_steps_count']])).toEqual([
    ['1_good', true, 1],
    ['2_bad', false, 0],
  ])
  expect((await rows())[1]?.['logs']).toContain('nowhere')
  await expect(migrate(database.url, { folder })).rejects.toThrow(/2_bad has failed before[^]*nowhere[^]*rolled_back_at = NOW/)
  expect(await connection.query('SELECT x FROM a')).toEqual([{ x: 1 }])

  // The command that the message gives the operator:
  put('2_bad', 'INSERT INTO a VALUES (2)')
  await connection.query("UPDATE _prisma_migrations SET rolled_back_at = NOW(3) WHERE migration_name = '2_bad' AND finished_at IS NULL")
  expect(await migrate(database.url, { folder })).toEqual({ applied: ['2_bad', '3_later'] })
})

test('a migration that was changed afterwards is detected', async () => {
  put('1_first', 'CREATE TABLE a (x INT)')
  await migrate(database.url, { folder })
  put('1_first', 'CREATE TABLE a (x BIGINT)')
  put('2_second', 'CREATE TABLE b (x INT)')
  await expect(migrate(database.url, { folder })).rejects.toThrow(/1_first was changed after it had been applied/)
  expect(await tables()).not.toContain('b')
})

test('a database of a newer version is left alone', async () => {
  put('1_first', 'CREATE TABLE a (x INT)')
  put('2_newer', 'CREATE TABLE b (x INT)')
  await migrate(database.url, { folder })
  const old = tempDir('migrations')
  mkdirSync(join(old, '1_first'))
  writeFileSync(join(old, '1_first/migration.sql'), 'CREATE TABLE a (x INT)')
  await expect(migrate(database.url, { folder: old })).rejects.toThrow(/2_newer, which this version does not know/)
})

/** MySQL 9 has no MD5 any more, so no older release runs there. */
async function lockAsOlderRelease(on: Connection): Promise<number> {
  const [database] = await on.query<{ name: string }[]>('SELECT DATABASE() AS name')
  const [row] = mysqldPath()
    ? await on.query<{ locked: unknown }[]>('SELECT GET_LOCK(?, 0) AS locked', [
        `caiquan-migrate:${createHash('md5')
          .update(database?.name ?? '')
          .digest('hex')}`,
      ])
    : await on.query<{ locked: unknown }[]>("SELECT GET_LOCK(CONCAT('caiquan-migrate:', MD5(DATABASE())), 0) AS locked")
  return Number(row?.locked)
}

test('a runner waits for another runner, but not for ever', async () => {
  expect(await lockAsOlderRelease(connection)).toBe(1)
  await expect(migrate(database.url, { folder, lockMs: 1000 })).rejects.toThrow(/Another runner has been migrating/)
})

test.each(['Caiquan-Ünï', '猜拳'])(
  'a runner of an older release, which has MySQL compute the name of the lock, and this one exclude each other (%s)',
  async (name) => {
    const root = await openConnection(inject('mariadb').rootUrl)
    const quoted = `\`${name}\``
    await root.query(`CREATE DATABASE ${quoted} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`)
    try {
      const url = new URL(inject('mariadb').rootUrl)
      url.pathname = `/${encodeURIComponent(name)}`
      const older = await openConnection(url.href)
      expect(await lockAsOlderRelease(older)).toBe(1)
      await expect(migrate(url.href, { folder, lockMs: 1000 })).rejects.toThrow(/Another runner has been migrating/)
      await older.end()
      expect(await migrate(url.href, { folder })).toEqual({ applied: [] })
    } finally {
      await root.query(`DROP DATABASE ${quoted}`)
      await root.end()
    }
  },
)

/** The functions that MySQL 8.0 to 9.x and MariaDB 10.6 to 11.x all have, and that none of them calls deprecated. */
const FUNCTIONS = [
  'DATABASE',
  'GET_LOCK',
  'UTC_TIMESTAMP',
  'CURRENT_TIMESTAMP',
  'FIND_IN_SET',
  'IF',
  'FLOOR',
  'CONV',
  'SUBSTR',
  'SUBSTRING_INDEX',
  'JSON_ARRAY',
]
const TYPES = ['VARCHAR', 'CHAR', 'DATETIME', 'DECIMAL', 'VARBINARY', 'KEY', 'INDEX', 'DEFAULT']

test('no statement of the runner or of a migration uses a function that a newer MySQL may lack', async () => {
  const root = await openConnection(inject('mariadb').rootUrl)
  const { name } = database
  await root.query("SET GLOBAL log_output='TABLE', GLOBAL general_log=1")
  await migrate(database.url)
  await waitUntilMigrated(database.url)
  const log: { statement: string }[] = await root.query(
    `SELECT CONVERT(argument USING utf8mb4) AS statement FROM mysql.general_log WHERE thread_id IN
     (SELECT thread_id FROM mysql.general_log WHERE command_type = 'Connect' AND CONVERT(argument USING utf8mb4) LIKE ?)
     AND command_type = 'Query'`,
    [`%${name}%`],
  )
  await root.query('SET GLOBAL general_log=0')
  await root.end()
  const text = log.map(({ statement }) => statement).join(';\n')
  expect(text).toContain('GET_LOCK(')
  expect(text).toContain('CREATE TABLE `Player`')
  // Removes texts, quoted names and comments.
  const bare = text.replace(/'[^']*'|`[^`]*`|--.*|\/\*[^]*?\*\//g, ' x ')
  const called = new Set([...bare.matchAll(/\b([A-Za-z_]\w*)\s*\(/g)].map(([, word = '']) => word.toUpperCase()))
  const words = ['VALUES', 'IN', 'X', 'AND', 'OR', 'INTO', 'AS', 'ON']
  expect([...called].filter((word) => ![...FUNCTIONS, ...TYPES, ...words].includes(word))).toEqual([])
  // A display width and the old names of UTF-8 are deprecated too.
  expect(bare).not.toMatch(/\b(TINY|SMALL|MEDIUM|BIG)?INT(EGER)?\s*\(|\bZEROFILL\b|\butf8(mb3)?\b/i)
})

test.each([
  [
    'may not make tables',
    "CREATE USER IF NOT EXISTS reader@'127.0.0.1' IDENTIFIED BY 'x'; GRANT SELECT ON {db}.* TO reader@'127.0.0.1'",
    'reader',
    /could not be migrated: .*command denied.*\(ER_TABLEACCESS_DENIED_ERROR\)/,
  ],
  [
    'may not even look',
    "CREATE USER IF NOT EXISTS blind@'127.0.0.1' IDENTIFIED BY 'x'; GRANT INSERT ON {db}.* TO blind@'127.0.0.1'",
    'blind',
    /could not be migrated: /,
  ],
])('a user who %s gets a sentence, not a stack', async (_, grant, user, message) => {
  const root = await openConnection(inject('mariadb').rootUrl, { multipleStatements: true })
  await root.query(grant.replace('{db}', database.name))
  const url = new URL(database.url)
  ;[url.username, url.password] = [user, 'x']
  await expect(migrate(url.href)).rejects.toThrow(MigrationError)
  const failed = promisify(execFile)(process.execPath, [MIGRATE], { env: { ...process.env, DATABASE_URL: url.href } })
  await expect(failed).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(message) })
  await expect(failed).rejects.toMatchObject({ stderr: expect.not.stringMatching(/^\s+at /m) })
  await root.query(`DROP USER ${user}@'127.0.0.1'`)
  await root.end()
})

test('a connection that is lost while it waits for the lock, and an invalid address, are reported in a sentence too', async () => {
  expect(await lockAsOlderRelease(connection)).toBe(1)
  const root = await openConnection(inject('mariadb').rootUrl)
  const waiting = migrate(database.url, { folder, lockMs: 20_000 })
  const lost = expect(waiting).rejects.toThrow(MigrationError)
  const waiters = () =>
    root.query<{ id: bigint }[]>("SELECT id FROM information_schema.processlist WHERE db = ? AND state = 'User lock'", [database.name])
  await expect.poll(async () => (await waiters()).length).toBe(1)
  await root.query(`KILL ${(await waiters())[0]?.id}`)
  await lost
  await root.end()
  await expect(migrate('caiquan')).rejects.toThrow(/DATABASE_URL is not an address/)
  await expect(migrate(database.url.replace(/\/caiquan_.*/, ''))).rejects.toThrow(/names no database/)
})

test('a wrong password is reported at once, not after a minute of waiting', async () => {
  const url = new URL(database.url)
  url.password = 'wrong'
  await expect(migrate(url.href)).rejects.toThrow(/cannot be used: .*Access denied/)
  await expect(migrate(url.href)).rejects.not.toThrow(/wrong/)
})

test('the runner waits for a database that does not start', async () => {
  const lines: string[] = []
  const url = 'mysql://caiquan:x@127.0.0.1:1/caiquan'
  await expect(migrate(url, { waitMs: 600, log: (line) => lines.push(line) })).rejects.toThrow(/127\.0\.0\.1:1 cannot be used/)
  expect(lines).toEqual(['Waiting for the database at 127.0.0.1:1'])
})

test('the command does the same, reports its result and fails with 1', async () => {
  const run = (env: NodeJS.ProcessEnv, ...args: string[]) =>
    promisify(execFile)(process.execPath, [MIGRATE, ...args], { env: { ...process.env, ...env } })
  expect((await run({ DATABASE_URL: database.url })).stdout).toMatch(/^Applied 20261123000000_init/)
  expect((await run({ DATABASE_URL: database.url })).stdout).toMatch(/^Nothing to migrate/)
  expect((await run({}, '--help')).stdout).toContain('Usage:')
  await expect(run({ DATABASE_URL: '' })).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('DATABASE_URL is not set') })
  await connection.query("UPDATE _prisma_migrations SET checksum = 'x' LIMIT 1")
  await expect(run({ DATABASE_URL: database.url })).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^The migration .* was changed/),
  })
})
