/** `hookSends` relies on this: every command of a connection goes through ioredis' `sendCommand`, on a single Redis and on a Cluster. */
import { Cluster, type Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { connectRedis, whenReady, type RedisClient } from '../../server/src/redis/connect.ts'
import { redisEnv, testRedis } from '../support/redis.ts'

const TIMEOUT_MS = 400
let service: Awaited<ReturnType<typeof testRedis>>
let redis: RedisClient

beforeAll(async () => {
  service = await testRedis()
  const isCluster = redisEnv(service.url).REDIS_CLUSTER === 'on'
  const settings = { REDIS_URL: service.url, REDIS_CLUSTER: isCluster, REDIS_CA: undefined, REDIS_TIMEOUT_MS: TIMEOUT_MS }
  redis = connectRedis(settings, 'test')
  await whenReady(redis)
})
afterAll(async () => {
  redis?.disconnect()
  await service?.close()
})

/** The connection to the node that has the key {a}, once it is up. */
async function connectionOf(): Promise<Redis> {
  await redis.set('{a}:probe', '1')
  if (!(redis instanceof Cluster)) return redis
  const holders = await Promise.all(redis.nodes('master').map(async (node) => ((await node.dbsize()) > 0 ? node : null)))
  return holders.find((node) => node !== null) ?? expect.unreachable()
}

test('commands, pipelines and transactions of one event-loop tick are sent in one write', async () => {
  const { stream } = await connectionOf()
  const single = vi.spyOn(stream, '_write')
  const many = vi.spyOn(stream as { _writev: NonNullable<typeof stream._writev> }, '_writev')
  const replies = Promise.all([
    redis.set('{a}:1', '1'),
    redis.incr('{a}:2'),
    redis.pipeline().get('{a}:1').get('{a}:2').exec(),
    redis.multi().incr('{a}:2').exec(),
    redis.eval("return redis.call('GET', KEYS[1])", 1, '{a}:1'),
  ])
  await expect(replies).resolves.toMatchObject([
    'OK',
    1,
    [
      [null, '1'],
      [null, '1'],
    ],
    [[null, 2]],
    '1',
  ])
  expect([single.mock.calls.length, many.mock.calls.length]).toEqual([0, 1])
})

test('each of them has its time-out while Redis is stalled', async () => {
  const connection = await connectionOf()
  const port = connection.options.port
  const pid = Number(/^process_id:(\d+)/m.exec(await connection.info('server'))?.[1])
  expect(port).toBeGreaterThan(0)
  process.kill(pid, 'SIGSTOP')
  try {
    const outcomes = await Promise.allSettled([
      connection.set('{a}:1', '2'),
      connection.eval("return redis.call('GET', KEYS[1])", 1, '{a}:1'),
      connection.multi().incr('{a}:2').exec(),
    ])
    expect(outcomes.map((outcome) => (outcome.status === 'rejected' ? String(outcome.reason) : 'answered'))).toEqual(
      outcomes.map(() => expect.stringContaining('timed out') as unknown),
    )
  } finally {
    process.kill(pid, 'SIGCONT')
  }
})
