import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createConnection, type Connection } from 'mariadb'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { migrate } from '../../prisma/migrate.ts'
import { connectionOptions } from '../../prisma/connection.ts'
import { testDatabase } from '../support/database.ts'
import { bareExpression, parseSchema, type Table } from '../support/prisma-schema.ts'

let connection: Connection
let database: Awaited<ReturnType<typeof testDatabase>>

beforeAll(async () => {
  database = await testDatabase()
  await migrate(database.url)
  connection = await createConnection(connectionOptions(database.url))
})
afterAll(async () => {
  await connection?.end()
  await database?.drop()
})

type Row = Record<string, string | number | null>
const rows = (sql: string, table: string): Promise<Row[]> => connection.query(sql, [table])

/** The columns of MySQL, in the terms of the schema. MariaDB prints widths of integers, and NULL as a default. */
async function tableOf(name: string): Promise<Table> {
  const columns = await rows(
    'SELECT * FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION',
    name,
  )
  const keys = await rows(
    'SELECT * FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? ORDER BY INDEX_NAME, SEQ_IN_INDEX',
    name,
  )
  const foreign = await rows(
    `SELECT k.CONSTRAINT_NAME, k.COLUMN_NAME, k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME, r.DELETE_RULE
     FROM information_schema.KEY_COLUMN_USAGE k
     JOIN information_schema.REFERENTIAL_CONSTRAINTS r
       ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME
     WHERE k.TABLE_SCHEMA = DATABASE() AND k.TABLE_NAME = ? AND k.REFERENCED_TABLE_NAME IS NOT NULL ORDER BY k.CONSTRAINT_NAME`,
    name,
  )
  // MariaDB keeps JSON as text with a check.
  const checks = await rows(
    'SELECT CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE() AND CONSTRAINT_NAME = ?',
    'moves',
  )
  const typeOf = (column: string, type: string): string =>
    type === 'longtext' && checks.some((check) => check['CHECK_CLAUSE'] === `json_valid(\`${column}\`)`) ? 'json' : type
  const columnsOf = (index: string): string[] => keys.filter((key) => key['INDEX_NAME'] === index).map((key) => String(key['COLUMN_NAME']))
  const names = [...new Set(keys.map((key) => String(key['INDEX_NAME'])))].filter((index) => index !== 'PRIMARY')
  const isUnique = (index: string): boolean => keys.some((key) => key['INDEX_NAME'] === index && Number(key['NON_UNIQUE']) === 0)
  return {
    name,
    columns: columns.map((column) => ({
      name: String(column['COLUMN_NAME']),
      type: typeOf(String(column['COLUMN_NAME']), String(column['COLUMN_TYPE']).replace(/^(int|bigint|tinyint)\(\d+\)/, '$1')),
      nullable: column['IS_NULLABLE'] === 'YES',
      default:
        column['COLUMN_DEFAULT'] === null || column['COLUMN_DEFAULT'] === 'NULL'
          ? null
          : defaultOf(String(column['COLUMN_DEFAULT']).toLowerCase()),
      autoIncrement: column['EXTRA'] === 'auto_increment',
    })),
    primaryKey: columnsOf('PRIMARY'),
    unique: names.filter(isUnique).map(columnsOf),
    indexes: names.filter((index) => !isUnique(index)).map(columnsOf),
    foreignKeys: foreign.map((key) => ({
      columns: [String(key['COLUMN_NAME'])],
      table: String(key['REFERENCED_TABLE_NAME']),
      references: [String(key['REFERENCED_COLUMN_NAME'])],
      onDelete: String(key['DELETE_RULE']),
    })),
  }
}

/** MySQL prints two pairs of parentheses more than MariaDB. */
const defaultOf = (text: string): string =>
  text.includes('conv(')
    ? bareExpression(text)
        .replace(/-\((\d+)\)/, '-$1')
        .replace(/^floor\(\((.*)\)\)$/, 'floor($1)')
    : text

const models = parseSchema(readFileSync(new URL('../../prisma/schema.prisma', import.meta.url), 'utf8'))

test.each(models.map((model) => [model.name, model] as const))(
  'the migrated table %s is the one that schema.prisma describes',
  async (name, model) => {
    expect(await tableOf(name)).toEqual(model)
  },
)

test('the migrations create no table that schema.prisma does not know', async () => {
  const tables: { TABLE_NAME: string }[] = await connection.query(
    'SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()',
  )
  expect(tables.map(({ TABLE_NAME }) => TABLE_NAME).sort()).toEqual([...models.map(({ name }) => name), '_prisma_migrations'].sort())
})

test('openids that differ only by case are different people', async () => {
  const insert = (id: string, openid: string) =>
    connection.query('INSERT INTO Player (id, openid, nickname, avatarUrl) VALUES (?, ?, ?, ?)', [id, openid, 'x', ''])
  await insert('1', 'oAbC')
  await insert('2', 'oabc')
  await expect(insert('3', 'oabc')).rejects.toThrow(/Duplicate/)
})

test('rounds of release 0.1 keep their moves, and those that its recorders still write get their day and are recorded once', async () => {
  const fresh = await testDatabase()
  const old = await createConnection(connectionOptions(fresh.url))
  const folder = mkdtempSync(join(inject('testDir'), 'migrations-'))
  try {
    cpSync(new URL('../../prisma/migrations', import.meta.url), folder, { recursive: true })
    const newest = '20261127000000_rounds_of_any_game'
    rmSync(join(folder, newest), { recursive: true })
    await migrate(fresh.url, { folder })
    const at = Date.UTC(2026, 10, 20, 12)
    const match = `3-${at.toString(36).padStart(9, '0')}abcdefghjkmn`
    for (const id of ['a', 'b'])
      await old.query('INSERT INTO Player (id, openid, nickname, avatarUrl) VALUES (?, ?, ?, ?)', [id, id, id, ''])
    await old.query("INSERT INTO `Match` (id, mode, bestOf, player0Id, player1Id, startedAt) VALUES (?, 'ranked', 3, 'a', 'b', NOW(3))", [
      match,
    ])
    const insert =
      "INSERT IGNORE INTO Round (matchId, round, move0, move1, winner, reason, resolvedAt) VALUES (?, ?, ?, ?, 0, 'moves', NOW(3))"
    await old.query(insert, [match, 1, 'rock', null])
    await migrate(fresh.url)
    for (let times = 0; times < 2; times += 1) await old.query(insert, [match, 2, 'paper', 'rock'])
    const day = Math.floor(at / 86_400_000)
    const recorded: { round: number; day: number; moves: unknown; move0: string }[] = await old.query(
      'SELECT round, day, moves, move0 FROM Round ORDER BY round',
    )
    // MySQL returns a value, MariaDB a text.
    for (const row of recorded) if (typeof row.moves === 'string') row.moves = JSON.parse(row.moves) as unknown
    expect(recorded).toEqual([
      { round: 1, day, moves: ['rock', null], move0: 'rock' },
      { round: 2, day, moves: null, move0: 'paper' },
    ])
    expect(await old.query("SELECT value FROM Setting WHERE name = 'game'")).toMatchObject([{ value: 'rps' }])
  } finally {
    await old.end()
    await fresh.drop()
  }
})
