import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLog } from '../../server/src/log.ts'
import { createMetrics } from '../../server/src/metrics.ts'
import { createRegistry, type Registry } from '../../server/src/registry.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import { testRedis } from '../support/redis.ts'

let redis: RedisClient
let close: () => Promise<void>
beforeAll(async () => {
  const service = await testRedis()
  redis = service.open()
  close = async () => {
    redis.disconnect()
    await service.close()
  }
})
afterAll(() => close())

const registryOf = (node: string, connected: () => number): Registry =>
  createRegistry({
    redis,
    metrics: createMetrics(node),
    log: createLog({ LOG_LEVEL: 'silent', NODE_NAME: node }),
    node,
    formats: [1],
    shards: 1,
    connected,
  })

test('a node with clearly more players than the average of the others reports it, by its own current number', async () => {
  const players = { one: 100, two: 100 }
  const one = registryOf('one', () => players.one)
  expect(one.isCrowded(), 'alone').toBe(false)
  const two = registryOf('two', () => players.two)
  await two.start()
  await one.start()
  try {
    for (const [mine, crowded] of [
      [100, false],
      [120, false],
      [150, true],
      [0, false],
    ] as const) {
      players.one = mine
      expect(one.isCrowded(), `${mine} beside 100`).toBe(crowded)
    }
    players.one = 150
    await two.close()
    await expect.poll(() => one.isCrowded(), { timeout: 5000 }).toBe(false)
  } finally {
    await one.close()
  }
})

test('a few players more than the others have do not count as crowded', async () => {
  const [one, two] = [registryOf('small', () => 9), registryOf('empty', () => 0)]
  await two.start()
  await one.start()
  expect(one.isCrowded()).toBe(false)
  await Promise.all([one.close(), two.close()])
})
