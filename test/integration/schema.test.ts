import { readFileSync } from 'node:fs'
import { createConnection, type Connection } from 'mariadb'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrate } from '../../prisma/migrate.ts'
import { connectionOptions } from '../../prisma/connection.ts'
import { testDatabase } from '../support/database.ts'
import { parseSchema, type Table } from '../support/prisma-schema.ts'

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

/** What MySQL really has, in the terms of the schema. MariaDB prints widths of integers and NULL as a default. */
async function tableOf(name: string): Promise<Table> {
  const columns = await rows('SELECT * FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION', name)
  const keys = await rows('SELECT * FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? ORDER BY INDEX_NAME, SEQ_IN_INDEX', name)
  const foreign = await rows(
    `SELECT k.CONSTRAINT_NAME, k.COLUMN_NAME, k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME, r.DELETE_RULE
     FROM information_schema.KEY_COLUMN_USAGE k
     JOIN information_schema.REFERENTIAL_CONSTRAINTS r ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME
     WHERE k.TABLE_SCHEMA = DATABASE() AND k.TABLE_NAME = ? AND k.REFERENCED_TABLE_NAME IS NOT NULL ORDER BY k.CONSTRAINT_NAME`,
    name,
  )
  const columnsOf = (index: string): string[] => keys.filter((key) => key['INDEX_NAME'] === index).map((key) => String(key['COLUMN_NAME']))
  const names = [...new Set(keys.map((key) => String(key['INDEX_NAME'])))].filter((index) => index !== 'PRIMARY')
  const isUnique = (index: string): boolean => keys.some((key) => key['INDEX_NAME'] === index && Number(key['NON_UNIQUE']) === 0)
  return {
    name,
    columns: columns.map((column) => ({
      name: String(column['COLUMN_NAME']),
      type: String(column['COLUMN_TYPE']).replace(/^(int|bigint|tinyint)\(\d+\)/, '$1'),
      nullable: column['IS_NULLABLE'] === 'YES',
      default: column['COLUMN_DEFAULT'] === null || column['COLUMN_DEFAULT'] === 'NULL' ? null : String(column['COLUMN_DEFAULT']).toLowerCase(),
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

const models = parseSchema(readFileSync(new URL('../../prisma/schema.prisma', import.meta.url), 'utf8'))

test.each(models.map((model) => [model.name, model] as const))('the migrated table %s is the one that schema.prisma describes', async (name, model) => {
  expect(await tableOf(name)).toEqual(model)
})

test('the migrations make no table that schema.prisma does not know', async () => {
  const tables: { TABLE_NAME: string }[] = await connection.query('SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()')
  expect(tables.map(({ TABLE_NAME }) => TABLE_NAME).sort()).toEqual([...models.map(({ name }) => name), '_prisma_migrations'].sort())
})

test('openids that differ only by case are different people', async () => {
  const insert = (id: string, openid: string) => connection.query('INSERT INTO Player (id, openid, nickname, avatarUrl) VALUES (?, ?, ?, ?)', [id, openid, 'x', ''])
  await insert('1', 'oAbC')
  await insert('2', 'oabc')
  await expect(insert('3', 'oabc')).rejects.toThrow(/Duplicate/)
})
