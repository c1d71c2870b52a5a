/** The guards behind "exactly once": each of these tests fails if its one guard is removed. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { migrate } from '../../prisma/migrate.ts'
import { createDatabase, type Database } from '../../server/src/database.ts'
import { leaseKey, outboxKey } from '../../server/src/keys.ts'
import { createLog } from '../../server/src/log.ts'
import { createMetrics } from '../../server/src/metrics.ts'
import type { EndEvent, StartEvent } from '../../server/src/recorder/events.ts'
import { createOutbox } from '../../server/src/recorder/outbox.ts'
import { createRecorder, type Recorder, type RecorderOptions } from '../../server/src/recorder/recorder.ts'
import { moveCursors, write } from '../../server/src/recorder/sql.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import { expectTallies, recorded } from '../support/records.ts'
import { testDatabase } from '../support/database.ts'
import { appendMatch } from '../support/events.ts'
import { flush, testRedis } from '../support/redis.ts'

const STREAM = outboxKey(0)
const PLAYERS = ['a', 'b', 'c', 'd'] as const
const COMMITTED = { isolationLevel: 'ReadCommitted', timeout: 20_000 } as const

let service: Awaited<ReturnType<typeof testRedis>>
let redis: RedisClient
let sql: string
let drop: () => Promise<void>
let database: Database
const recorders: Recorder[] = []

beforeAll(async () => {
  service = await testRedis()
  redis = service.open()
  ;({ url: sql, drop } = await testDatabase())
  await migrate(sql)
  database = createDatabase({ DATABASE_URL: sql, DATABASE_CONNECTIONS: 8 })
  await database.player.createMany({ data: PLAYERS.map((id) => ({ id, openid: id, nickname: id, avatarUrl: '' })) })
})
afterEach(async () => {
  await Promise.all(recorders.splice(0).map((recorder) => recorder.close()))
  await flush(redis)
})
afterAll(async () => {
  await database?.$disconnect()
  await redis?.quit()
  await service?.close()
  await drop?.()
})

function record(options: Partial<RecorderOptions> = {}): void {
  const metrics = createMetrics('test')
  recorders.push(
    createRecorder({
      outbox: createOutbox(redis, metrics),
      database,
      config: { SHARDS: 1, RECORDER_POLL_MS: 20, RECORDER_BATCH: 100, RECORDER_LEASE_MS: 600 },
      owner: `recorder-${recorders.length}`,
      metrics,
      log: createLog({ LOG_LEVEL: 'silent', NODE_NAME: 'test' }),
      onRecorded: async () => undefined,
      ...options,
    }),
  )
}

let matches = 0
function eventsOf(mode: 'ranked' | 'casual', players: [string, string]): [StartEvent, EndEvent] {
  const match = `0-guard${(matches += 1)}`
  const at = Date.now()
  return [
    { type: 'start', match, mode, bestOf: 1, players, at },
    { type: 'end', match, mode, players, scores: [1, 0], result: { winner: 0, reason: 'score' }, at },
  ]
}
const tally = async (id: string) =>
  database.player.findUniqueOrThrow({ where: { id }, select: { wins: true, losses: true, rating: true, ratedCount: true } })
const cursor = async (shard: number) => (await database.outboxCursor.findUniqueOrThrow({ where: { shard } })).lastId

test('a cursor moves only from where it was read', async () => {
  await database.outboxCursor.createMany({
    data: [
      { shard: 7, lastId: '3-0' },
      { shard: 8, lastId: '3-0' },
    ],
  })
  expect(await database.$transaction((tx) => moveCursors(tx, [{ shard: 7, from: '1-0', to: '5-0' }]), COMMITTED)).toBe(false)
  expect(await cursor(7)).toBe('3-0')
  expect(
    await database.$transaction(
      (tx) =>
        moveCursors(tx, [
          { shard: 7, from: '3-0', to: '5-0' },
          { shard: 8, from: '3-0', to: '6-0' },
        ]),
      COMMITTED,
    ),
  ).toBe(true)
  expect([await cursor(7), await cursor(8)]).toEqual(['5-0', '6-0'])
})

test('a batch whose cursor has moved meanwhile is not written', async () => {
  await appendMatch(redis, { players: ['a', 'b'], shards: 1 })
  const last = (await redis.xrevrange(STREAM, '+', '-', 'COUNT', 1))[0]?.[0] ?? ''
  const before = await database.match.count()
  let moved = false
  record({
    async onStep(step) {
      if (step !== 'written' || moved) return
      moved = true
      // Another recorder commits first.
      await database.outboxCursor.update({ where: { shard: 0 }, data: { lastId: last } })
    },
  })
  await expect.poll(() => redis.xlen(STREAM), { timeout: 5000 }).toBe(0)
  expect(moved).toBe(true)
  expect(await database.match.count()).toBe(before)
})

test.each(['ranked', 'casual'] as const)('the end of a %s match counts once, however often it is written', async (mode) => {
  const before = await tally('a')
  const events = eventsOf(mode, ['a', 'b'])
  const end = events[1]
  expect((await database.$transaction((tx) => write(tx, events), COMMITTED)).skipped).toBe(0)
  const once = await tally('a')
  expect(once.wins).toBe(before.wins + 1)
  // The end again, twice in one batch, and with the start of the match.
  for (const again of [[end], [end, end], events]) {
    expect((await database.$transaction((tx) => write(tx, again), COMMITTED)).skipped).toBe(again.length)
    expect(await tally('a')).toEqual(once)
  }
  await expectTallies(sql)
})

test.each(['ranked', 'casual'] as const)('two recorders that end %s matches of one player at the same time lose neither', async (mode) => {
  const before = await tally('c')
  const { promise: written, resolve } = Promise.withResolvers<void>()
  const first = database.$transaction(async (tx) => {
    await write(tx, eventsOf(mode, ['c', 'a']))
    resolve()
    await sleep(500)
  }, COMMITTED)
  await written
  const second = database.$transaction((tx) => write(tx, eventsOf(mode, ['c', 'b'])), COMMITTED)
  await Promise.all([first, second])
  expect((await tally('c')).wins).toBe(before.wins + 2)
  await expectTallies(sql)
})

/** A recorder has copied up to an id that lies in the future: the clock of the Redis that replaced the old one is behind. */
async function copyAhead(): Promise<string> {
  const ahead = `${Date.now() + 3_600_000}-5`
  await database.outboxCursor.upsert({ where: { shard: 0 }, create: { shard: 0, lastId: ahead }, update: { lastId: ahead } })
  return ahead
}
const lastId = async (): Promise<string> => {
  const info = (await redis.xinfo('STREAM', STREAM).catch(() => [])) as unknown[]
  const id = info[info.indexOf('last-generated-id') + 1]
  return typeof id === 'string' ? id : ''
}

test('a recorder that finds an empty Redis raises its stream to the cursor, so that new events do not count as copied', async () => {
  const ahead = await copyAhead()
  record()
  await expect.poll(lastId).toBe(ahead)
  const id = await appendMatch(redis, { players: ['a', 'd'], shards: 1 })
  await recorded(sql, [id])
})

test('a recorder that holds the lease while Redis is lost and comes back between two of its looks does the same', async () => {
  const ahead = await copyAhead()
  record()
  await expect.poll(lastId).toBe(ahead)
  // All keys are gone, including the lease, and no command has failed.
  await redis.del(STREAM, leaseKey(0))
  await expect.poll(lastId, { timeout: 3000 }).toBe(ahead)
  const id = await appendMatch(redis, { players: ['a', 'd'], shards: 1 })
  await recorded(sql, [id])
})
