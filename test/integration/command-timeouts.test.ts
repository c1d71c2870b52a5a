import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectRedis, whenReady, type RedisClient } from '../../server/src/redis/connect.ts'
import { testRedis } from '../support/redis.ts'

const TIMEOUT_MS = 400
let service: Awaited<ReturnType<typeof testRedis>>
let redis: RedisClient

beforeAll(async () => {
  service = await testRedis()
  redis = connectRedis({ REDIS_URL: service.url, REDIS_CLUSTER: false, REDIS_CA: undefined, REDIS_TIMEOUT_MS: TIMEOUT_MS }, 'test')
  await whenReady(redis)
})
afterAll(async () => {
  redis?.disconnect()
  await service?.close()
})

test('a command that a stalled Redis does not reply to fails when its own time-out is over', async () => {
  await redis.set('a', '1')
  process.kill(service.pid, 'SIGSTOP')
  try {
    const started = performance.now()
    const failedAfter = async (command: Promise<unknown>): Promise<number> => {
      await expect(command).rejects.toThrow('Command timed out')
      return performance.now() - started
    }
    const first = failedAfter(redis.set('b', '1'))
    await new Promise((resolve) => setTimeout(resolve, TIMEOUT_MS / 2))
    const second = failedAfter(redis.incr('c'))
    const [one, two] = await Promise.all([first, second])
    expect(one).toBeGreaterThanOrEqual(TIMEOUT_MS - 2)
    expect(one).toBeLessThan(TIMEOUT_MS * 1.4)
    expect(two).toBeGreaterThanOrEqual(TIMEOUT_MS * 1.5 - 4)
    expect(two).toBeLessThan(TIMEOUT_MS * 2)
  } finally {
    process.kill(service.pid, 'SIGCONT')
  }
  // Replies that come late are not taken for replies to later commands.
  expect(await redis.get('a')).toBe('1')
})

test('thousands of commands with a reply in time all succeed, and the next one still has its time-out', async () => {
  for (let batch = 0; batch < 5; batch += 1) {
    const replies = await Promise.all(Array.from({ length: 1000 }, (_, index) => redis.set(`many:${index}`, index)))
    expect(replies.every((reply) => reply === 'OK')).toBe(true)
  }
  process.kill(service.pid, 'SIGSTOP')
  try {
    await expect(redis.set('b', '2')).rejects.toThrow('Command timed out')
  } finally {
    process.kill(service.pid, 'SIGCONT')
  }
})
