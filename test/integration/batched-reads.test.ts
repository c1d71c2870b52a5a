import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import { testRedis } from '../support/redis.ts'

let service: Awaited<ReturnType<typeof testRedis>>
let redis: RedisClient

beforeAll(async () => {
  service = await testRedis()
  redis = service.open()
})
afterAll(async () => {
  redis?.disconnect()
  await service?.close()
})

const calls = async (command: string): Promise<number> =>
  Number(new RegExp(`^cmdstat_${command}:calls=(\\d+)`, 'm').exec(await redis.info('commandstats'))?.[1] ?? 0)

test('the reads of one event-loop tick are one command, and each caller gets their own value', async () => {
  await Promise.all([redis.set('a', '1'), redis.set('b', '2'), redis.hset('h', 'field', 'value')])
  const before = await calls('mget')
  expect(await Promise.all(['a', 'missing', 'b', 'a', 'h'].map((key) => redis.batchedGet(key)))).toEqual(['1', null, '2', '1', null])
  expect(await calls('mget')).toBe(before + 1)
  expect(await redis.batchedGet('b')).toBe('2')
  expect(await calls('mget')).toBe(before + 2)
  expect(await calls('get')).toBe(0)
})

test('each caller gets their own value of very many reads in one tick', async () => {
  const keys = Array.from({ length: 1201 }, (_, index) => `many:${index}`)
  await Promise.all(keys.map((key) => redis.set(key, key)))
  expect(await Promise.all(keys.map((key) => redis.batchedGet(key)))).toEqual(keys)
})

test('every reader gets an error if Redis is gone', async () => {
  redis.disconnect()
  const outcomes = await Promise.allSettled([redis.batchedGet('a'), redis.batchedGet('b')])
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
})
