import { Redis } from 'ioredis'
import type { Connection } from 'mariadb'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { isUpTo, startTally, type Tally } from '../../tools/cluster-page/tally.ts'
import { migrate } from '../../prisma/migrate.ts'
import { newMatchId } from '../../server/src/ids.ts'
import { outboxKey, shardOf } from '../../server/src/keys.ts'
import { connectTo } from '../support/records.ts'
import { testDatabase } from '../support/database.ts'
import { testRedis } from '../support/redis.ts'

const SHARDS = 4
let server: Awaited<ReturnType<typeof testRedis>>
let database: Awaited<ReturnType<typeof testDatabase>>
let redis: Redis
let sql: Connection
let tally: Tally

beforeAll(async () => {
  server = await testRedis()
  database = await testDatabase()
  await migrate(database.url)
  redis = new Redis(server.url)
  sql = await connectTo(database.url)
})
afterAll(async () => {
  await redis?.quit()
  await sql?.end()
  await server?.close()
  await database?.drop()
})
beforeEach(async () => {
  tally = startTally({ redisUrl: server.url, databaseUrl: database.url, shards: SHARDS })
  // The tally counts from the positions of the streams at the time when it has connected.
  await expect
    .poll(
      async () => {
        await decide(newMatchId(SHARDS), 1, true)
        return tally.counts.decided
      },
      { timeout: 5000, interval: 50 },
    )
    .toBeGreaterThan(0)
  await expect.poll(() => tally.counts.decided - tally.counts.recorded, { timeout: 6000, interval: 50 }).toBe(0)
})
afterEach(() => tally.close())

/** A round is decided; with `recorded`, MySQL gets it too, with these moves. */
async function decide(match: string, round: number, recorded: boolean, moves: unknown[] = ['rock', 'paper']): Promise<void> {
  const shard = shardOf(match)
  const event = { type: 'round', match, round: { round, moves: ['rock', 'paper'], winner: 1, reason: 'moves' } }
  const id = (await redis.xadd(outboxKey(shard), '*', 'at', Date.now(), 'event', JSON.stringify(event))) ?? ''
  if (recorded)
    await sql.query('INSERT INTO Round (matchId, round, moves, winner, reason, resolvedAt) VALUES (?, ?, ?, 1, "moves", NOW(3))', [
      match,
      round,
      JSON.stringify(moves),
    ])
  await sql.query(
    'INSERT INTO OutboxCursor (shard, lastId, updatedAt) VALUES (?, ?, NOW(3)) ON DUPLICATE KEY UPDATE lastId = VALUES(lastId)',
    [shard, recorded ? id : '0-0'],
  )
}
/** The recorder reports that it has copied everything of the shard of this match. */
const passed = async (match: string): Promise<void> => {
  const shard = shardOf(match)
  const [last] = await redis.xrevrange(outboxKey(shard), '+', '-', 'COUNT', 1)
  await sql.query('UPDATE OutboxCursor SET lastId = ? WHERE shard = ?', [last?.[0] ?? '0-0', shard])
}
const counts = () => ({ ...tally.counts })
async function expectCounts(change: Partial<Tally['counts']>, before: Tally['counts']): Promise<void> {
  const wanted = { ...before }
  for (const [name, by] of Object.entries(change)) wanted[name as keyof typeof wanted] += by
  await expect.poll(counts, { timeout: 6000, interval: 100 }).toEqual(wanted)
}

test('rounds are counted once they are decided, and once MySQL holds them', async () => {
  const before = counts()
  const match = newMatchId(SHARDS)
  tally.acknowledged({ match, round: 1, seat: 0, move: 'rock' })
  await decide(match, 1, true)
  await decide(match, 2, false)
  await expectCounts({ decided: 2, recorded: 1 }, before)
})

test('a round that the recorder has passed and MySQL does not hold is lost', async () => {
  const before = counts()
  const match = newMatchId(SHARDS)
  await decide(match, 1, false)
  await expectCounts({ decided: 1 }, before)
  await passed(match)
  await expectCounts({ decided: 1, lost: 1 }, before)
})

test('an acknowledged move that differs in MySQL is lost, whichever came first', async () => {
  const before = counts()
  const [one, two] = [newMatchId(SHARDS), newMatchId(SHARDS)]
  tally.acknowledged({ match: one, round: 1, seat: 1, move: 'scissors' })
  await decide(one, 1, true)
  await decide(two, 1, true)
  await new Promise((resolve) => setTimeout(resolve, 100))
  tally.acknowledged({ match: two, round: 1, seat: 0, move: 'paper' })
  await expectCounts({ decided: 2, recorded: 2, lost: 2 }, before)
})

// MariaDB keeps the text, MySQL keeps an order of its own.
test('a move of several fields is the same in whatever order they are kept', async () => {
  const before = counts()
  const match = newMatchId(SHARDS)
  tally.acknowledged({ match, round: 1, seat: 0, move: { kind: 'bid', count: 3, face: 6 } })
  await decide(match, 1, true, [{ face: 6, kind: 'bid', count: 3 }, null])
  await expectCounts({ decided: 1, recorded: 1 }, before)
})

test('a round that is decided twice is detected', async () => {
  const before = counts()
  const match = newMatchId(SHARDS)
  await decide(match, 1, true)
  await redis.xadd(outboxKey(shardOf(match)), '*', 'at', 1, 'event', JSON.stringify({ type: 'round', match, round: { round: 1 } }))
  await expectCounts({ decided: 1, recorded: 1, twice: 1 }, before)
})

test('positions in a stream are compared as numbers', () => {
  expect([isUpTo('9-1', '10-0'), isUpTo('10-2', '10-10'), isUpTo('10-2', '10-2'), isUpTo('10-3', '10-2'), isUpTo('11-0', '10-9')]).toEqual([
    true,
    true,
    true,
    false,
    false,
  ])
})
