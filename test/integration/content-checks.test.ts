/**
 * The queue of checks on a real MySQL: one node at a time takes a check, a check is decided once, and only for the value that was asked
 * about.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPlayers, type Players } from '../../server/src/players/players.ts'
import { createDatabase, type Database } from '../../server/src/database.ts'
import { createMetrics } from '../../server/src/metrics.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import { createCheckResults, type CheckResults } from '../../server/src/moderation/check-results.ts'
import { createContentChecks, type Check, type ContentChecks, type Kind } from '../../server/src/moderation/content-checks.ts'
import { createReviews, type Reviews } from '../../server/src/moderation/review.ts'
import { migrate } from '../../prisma/migrate.ts'
import { testDatabase } from '../support/database.ts'
import { testRedis } from '../support/redis.ts'
import type { OwnPlayer } from '../../client-sdk/src/protocol.ts'

const LEASE_MS = 60_000
let database: Database
let redis: RedisClient
let checks: ContentChecks
let players: Players
let reviews: Reviews
let results: CheckResults
let sent: OwnPlayer[] = []
const cleanUp: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  const [base, store] = [await testDatabase(), await testRedis()]
  await migrate(base.url)
  database = createDatabase({ DATABASE_URL: base.url, DATABASE_CONNECTIONS: 4 })
  redis = store.open()
  cleanUp.push(
    () => database.$disconnect(),
    () => redis.quit(),
    store.close,
    base.drop,
  )
  checks = createContentChecks(database)
  players = createPlayers(redis, database)
  reviews = createReviews(redis, checks)
  const config = {
    CONTENT_CHECK_LEASE_MS: LEASE_MS,
    CONTENT_CHECK_RETRY_MS: 1000,
    CONTENT_CHECK_RETRY_MAX_MS: 5000,
    CONTENT_CHECK_ANSWER_MS: 60_000,
  }
  results = createCheckResults({
    redis,
    checks,
    players,
    reviews,
    config,
    metrics: createMetrics('test'),
    sendTo: (player) => sent.push(player),
  })
})
afterAll(async () => {
  for (const each of cleanUp) await each()
})

let people = 0
async function submitted(kind: Kind, value: string): Promise<{ id: string; check: Check }> {
  const { id } = await players.login(`checked-${++people}`, {})
  await checks.submit(id, kind, value)
  const check = await taken(id)
  if (!check) throw new Error('not taken')
  return { id, check }
}
const taken = async (id: string): Promise<Check | undefined> => (await checks.lease(50, LEASE_MS)).find(({ playerId }) => playerId === id)
const makeDue = (playerId: string) => database.contentCheck.updateMany({ where: { playerId }, data: { dueAt: new Date(0) } })
const nameOf = async (id: string): Promise<string | undefined> => (await players.get(id))?.nickname

test('of nodes that look at once, one takes a check; others may take it once its time is over', async () => {
  const { id } = await players.login('many', {})
  await checks.submit(id, 'nickname', 'many')
  const claims = await Promise.all(Array.from({ length: 6 }, () => checks.lease(50, LEASE_MS)))
  expect(claims.flat().filter(({ playerId }) => playerId === id)).toHaveLength(1)
  expect(await taken(id)).toBeUndefined()
  await makeDue(id)
  expect(await taken(id)).toMatchObject({ attempts: 2, openid: 'many' })
})

test('a result counts once, and not for a value that was replaced meanwhile', async () => {
  const { id, check } = await submitted('nickname', 'first')
  await checks.submit(id, 'nickname', 'second')
  expect(await checks.decide(check, 'accepted', LEASE_MS)).toBe(false)
  const second = await taken(id)
  if (!second) throw new Error('not taken')
  expect(await checks.decide(second, 'accepted', LEASE_MS)).toBe(true)
  expect(await checks.decide(second, 'rejected', LEASE_MS)).toBe(false)
  expect(await players.read([id])).toMatchObject([{ nickname: 'second' }])
  expect(await checks.of(id)).toMatchObject([{ state: 'accepted', value: 'second' }])
})

test('the same value given again is another check: the result of the one before does not count', async () => {
  const { id, check } = await submitted('nickname', 'again')
  await checks.withdraw(id, 'nickname')
  await checks.submit(id, 'nickname', 'again')
  expect(await checks.decide(check, 'accepted', LEASE_MS)).toBe(false)
})

test('another node does the steps after a decision if the node that decided dies', async () => {
  const { id, check } = await submitted('nickname', 'decided')
  await reviews.publish(id)
  // The node dies here: MySQL has the decision, but no player was notified.
  await checks.decide(check, 'accepted', 500)
  expect(await nameOf(id)).not.toBe('decided')
  expect(await taken(id)).toBeUndefined()
  let left: Check | undefined
  await expect.poll(async () => (left ??= await taken(id)), { timeout: 10_000 }).toMatchObject({ state: 'accepted' })
  sent = []
  if (left) await results.followUp(left)
  expect(await nameOf(id)).toBe('decided')
  expect(sent).toMatchObject([{ id, nickname: 'decided' }])
  expect(sent[0]?.review).toBeUndefined()
  await expect(database.contentCheck.findMany({ where: { playerId: id } })).resolves.toMatchObject([{ dueAt: null }])
})

test('a result that the message push brings before its check was stored is not lost', async () => {
  const { id, check } = await submitted('avatar', 'https://wx.qlogo.cn/early')
  await results.ofPicture('trace-early', 'pass')
  await reviews.publish(id)
  expect(await reviews.own(await playerOf(id))).toMatchObject({ review: { avatar: 'pending' } })
  expect(await checks.asked(check, 'trace-early', 60_000)).toBe(true)
  await results.early('trace-early')
  expect(await playerOf(id)).toMatchObject({ avatarUrl: 'https://wx.qlogo.cn/early' })
  // WeChat may push the result again.
  sent = []
  await results.ofPicture('trace-early', 'risky')
  expect(sent).toEqual([])
  expect(await playerOf(id)).toMatchObject({ avatarUrl: 'https://wx.qlogo.cn/early' })
})

test('a result that comes between the two looks of the message push is not lost', async () => {
  const { id, check } = await submitted('avatar', 'https://wx.qlogo.cn/between')
  const config = {
    CONTENT_CHECK_LEASE_MS: LEASE_MS,
    CONTENT_CHECK_RETRY_MS: 1000,
    CONTENT_CHECK_RETRY_MAX_MS: 5000,
    CONTENT_CHECK_ANSWER_MS: 60_000,
  }
  let looks = 0
  // The node stores the check and looks for an early result between the first look and the storing of the push.
  const between: ContentChecks = {
    ...checks,
    async byTrace(trace) {
      if (++looks > 1) return checks.byTrace(trace)
      await checks.asked(check, trace, 60_000)
      await results.early(trace)
      return null
    },
  }
  await createCheckResults({
    redis,
    checks: between,
    players,
    reviews,
    config,
    metrics: createMetrics('test'),
    sendTo: () => undefined,
  }).ofPicture('trace-between', 'pass')
  expect(await playerOf(id)).toMatchObject({ avatarUrl: 'https://wx.qlogo.cn/between' })
})

test('of two writers of an owner’s reviews, the last one notices that it is late', async () => {
  const { id } = await submitted('nickname', 'one')
  let first = true
  // Another node decides between the read and the write of this one.
  const slow = createReviews(redis, {
    async of(player) {
      const rows = await checks.of(player)
      if (first) {
        first = false
        await checks.withdraw(player, 'nickname')
        await reviews.publish(player)
      }
      return rows
    },
  })
  await slow.publish(id)
  expect((await reviews.own(await playerOf(id))).review).toBeUndefined()
})

test('a check that was taken again is not stored under the trace id of an older value', async () => {
  const { id, check } = await submitted('avatar', 'https://wx.qlogo.cn/old')
  await checks.submit(id, 'avatar', 'https://wx.qlogo.cn/new')
  expect(await checks.asked(check, 'trace-old', 60_000)).toBe(false)
  await results.ofPicture('trace-old', 'risky')
  expect(await checks.of(id)).toMatchObject([{ state: 'pending', value: 'https://wx.qlogo.cn/new' }])
})

async function playerOf(id: string) {
  const player = await players.get(id)
  if (!player) throw new Error('no player')
  return player
}
