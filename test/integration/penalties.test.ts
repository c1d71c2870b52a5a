import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPenalties } from '../../server/src/matchmaking/penalties.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import { keysOf, testRedis } from '../support/redis.ts'

let server: Awaited<ReturnType<typeof testRedis>>
let redis: RedisClient

beforeAll(async () => {
  server = await testRedis()
  redis = server.open()
})
afterAll(async () => {
  await redis?.quit()
  await server?.close()
})

const HOUR = 3_600_000

test('forfeited matches are remembered for an hour from the last one, and then forgotten', async () => {
  const penalties = createPenalties(redis, { free: 1, firstMs: 60_000, maxMs: 600_000 })
  await penalties.note('p')
  expect(await penalties.waitMs('p')).toBe(0)
  const [key = expect.unreachable()] = await keysOf(redis, '*p*')
  const left = (): Promise<number> => redis.pttl(key)
  expect(await left()).toBeGreaterThan(HOUR - 5000)
  expect(await left()).toBeLessThanOrEqual(HOUR)
  // Most of the hour has passed; one more forfeit renews it.
  await redis.pexpire(key, 1000)
  await penalties.note('p')
  expect(await left()).toBeGreaterThan(HOUR - 5000)
  const wait = await penalties.waitMs('p')
  expect(wait).toBeGreaterThan(59_000)
  expect(wait).toBeLessThanOrEqual(60_000)
  await penalties.note('p')
  expect(await penalties.waitMs('p')).toBeGreaterThan(119_000)
  // The hour is over.
  await redis.pexpire(key, 1)
  await expect.poll(() => redis.exists(key)).toBe(0)
  expect(await penalties.waitMs('p')).toBe(0)
})
