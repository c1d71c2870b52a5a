/** How many connections to MySQL one process opens. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDatabase, type Database } from '../../server/src/database.ts'
import { testDatabase } from '../support/database.ts'

const LIMIT = 6

let database: Database
let drop: () => Promise<void>

beforeAll(async () => {
  const created = await testDatabase()
  drop = created.drop
  database = createDatabase({ DATABASE_URL: created.url, DATABASE_CONNECTIONS: LIMIT })
})
afterAll(async () => {
  await database?.$disconnect()
  await drop?.()
})

async function open(): Promise<number> {
  const [row] = await database.$queryRaw<{ n: bigint }[]>`SELECT COUNT(*) AS n FROM information_schema.PROCESSLIST WHERE DB = DATABASE()`
  return Number(row?.n)
}

test('an idle process holds two connections and the one that it uses', async () => {
  await open()
  // Time in which the driver would open the rest.
  await sleep(1500)
  expect(await open()).toBeLessThanOrEqual(3)
})

test('a busy process opens as many connections as it may, and no more', async () => {
  const working = Promise.all(Array.from({ length: 2 * LIMIT }, () => database.$queryRaw`SELECT SLEEP(1)`))
  await sleep(700)
  const [busy] = await Promise.all([open(), working])
  expect(busy).toBe(LIMIT)
})
