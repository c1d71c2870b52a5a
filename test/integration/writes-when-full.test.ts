import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import { writesWhenFull } from '../../server/src/redis/writes-when-full.ts'
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

const scripts = async (): Promise<number> =>
  [...(await redis.info('commandstats')).matchAll(/^cmdstat_eval(?:sha)?:calls=(\d+),.*?failed_calls=(\d+)/gm)].reduce(
    (sum, [, calls, failed]) => sum + Number(calls) - Number(failed),
    0,
  )

test('many texts are set by a few scripts, each key to its own, and all of them expire', async () => {
  const texts = Array.from({ length: 250 }, (_, index) => ({ key: `text:${index}`, text: `value ${index}` }))
  const { set } = writesWhenFull(redis, null)
  const before = await scripts()
  await set(texts, 60_000, 'all')
  expect((await scripts()) - before).toBe(3)
  expect(await redis.mget(texts.map(({ key }) => key))).toEqual(texts.map(({ text }) => text))
  expect(await redis.pttl('text:249')).toBeGreaterThan(50_000)
})

test('with `present`, only texts whose key exists are set', async () => {
  await redis.set('there', 'old')
  await writesWhenFull(redis, null).set(
    [
      { key: 'there', text: 'new' },
      { key: 'absent', text: 'new' },
    ],
    60_000,
    'present',
  )
  expect(await redis.mget('there', 'absent')).toEqual(['new', null])
})
