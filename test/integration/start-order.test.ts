/**
 * The steps of a process before it serves, and their order: each of these tests fails if one step comes too early, too late or not at all.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { takePort, releasePort } from '../../tools/services/ports.ts'
import type { Service } from '../../tools/services/process.ts'
import { startRecorder } from '../../tools/services/recorder.ts'
import { gameKey, nodesKey, onlineHeartbeatsKey, outboxKey } from '../../server/src/keys.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import { recorded } from '../support/records.ts'
import { testCluster } from '../support/cluster.ts'
import { appendMatch } from '../support/events.ts'
import { login } from '../support/player.ts'
import { openRedis } from '../support/redis.ts'

const SHARDS = Array.from({ length: 16 }, (_, shard) => shard)
/** Much longer than a start takes. */
const START_MS = 4000

let cluster: Cluster
let redis: RedisClient
let port: number
let players: [string, string]

beforeAll(async () => {
  // The node of the test records nothing, so a starting process has recorded all that is recorded.
  cluster = await testCluster({ nodes: 1, env: { RECORDER: 'off' } })
  redis = openRedis(cluster)
  port = await takePort()
  const url = cluster.nodes[0]?.url ?? ''
  players = [(await login(url, 'order-one')).player.id, (await login(url, 'order-two')).player.id]
})
afterEach(async () => {
  await full(false)
  await redis.set(gameKey, 'rps')
  await redis.del(onlineHeartbeatsKey)
})
afterAll(async () => {
  releasePort(port)
  await redis?.quit()
  await cluster?.close()
})

async function full(yes: boolean): Promise<void> {
  await redis.config('SET', 'maxmemory', yes ? '1mb' : '0')
  if (yes) await expect(redis.set('x', '1')).rejects.toThrow(/OOM/)
}
const backlog = async (): Promise<number> =>
  (await Promise.all(SHARDS.map((shard) => redis.xlen(outboxKey(shard))))).reduce((sum, each) => sum + each, 0)
/** Processes in the registry. */
const registered = (): Promise<number> => redis.hlen(nodesKey)

describe.each(['server', 'recorder'] as const)('a %s', (role) => {
  let service: Service | undefined
  let ready = false

  /** Starts a process that records; `ready` tells whether it reports that it can be used. */
  function start(): Promise<Service> {
    ready = false
    const name = 'recorder'
    const logFile = join(cluster.dataDir, 'logs', `${name}.log`)
    const starting =
      role === 'server'
        ? cluster.addNode({ RECORDER: 'on' })
        : startRecorder({ name, port, logFile, redisUrl: cluster.info.redis.url, databaseUrl: cluster.info.mysql.url })
    const settled = starting.then((started) => {
      service = started
      ready = true
      return started
    })
    settled.catch(() => undefined)
    return settled
  }
  afterEach(async () => {
    if (service && role === 'server') await cluster.removeNode(service)
    else await service?.stop()
    service = undefined
    await expect.poll(registered, { timeout: 20_000 }).toBe(1)
  })

  test('that starts while Redis is full empties the outbox, which may fill it, before Redis accepts its registration', async () => {
    const ids = [await appendMatch(redis, { players }), await appendMatch(redis, { players, mode: 'casual' })]
    await full(true)
    const starting = start()
    await expect.poll(backlog, { timeout: 15_000 }).toBe(0)
    await recorded(cluster.info.mysql.url, ids)
    expect(ready).toBe(false)
    expect(await registered()).toBe(1)
    await full(false)
    await starting
    expect(await registered()).toBe(2)
  })

  test('neither records nor registers beside nodes of release 0.1', async () => {
    const id = await appendMatch(redis, { players })
    const report = (): Promise<unknown> => redis.zadd(onlineHeartbeatsKey, Date.now(), 'a node of release 0.1')
    await report()
    const reporting = setInterval(() => void report().catch(() => undefined), 500)
    const starting = start()
    try {
      await sleep(START_MS)
      expect(await backlog()).toBe(3)
      expect(await registered()).toBe(1)
      expect(ready).toBe(false)
    } finally {
      clearInterval(reporting)
    }
    await redis.del(onlineHeartbeatsKey)
    await starting
    await recorded(cluster.info.mysql.url, [id])
  })

  test('neither records nor registers before it knows that the cluster plays its game, and never if it plays another one', async () => {
    await appendMatch(redis, { players })
    // Redis holds no game yet, and has no memory for one: which game the cluster plays cannot be decided.
    await redis.del(gameKey)
    await full(true)
    const starting = start()
    await sleep(START_MS)
    expect(await backlog()).toBe(3)
    expect(await registered()).toBe(1)
    expect(ready).toBe(false)
    // Another process was faster.
    await redis.eval("#!lua flags=allow-oom\nreturn redis.call('SET', KEYS[1], ARGV[1])", 1, gameKey, 'another')
    await expect(starting).rejects.toThrow(/ended while starting/)
    expect(await backlog()).toBe(3)
    expect(await registered()).toBe(1)
    for (const shard of SHARDS) await redis.del(outboxKey(shard))
  })
})

test('a server that is ready receives the commits of other nodes', async () => {
  const channels = async (): Promise<number> => ((await redis.call('PUBSUB', 'SHARDCHANNELS', 'cq:{*}:node:*')) as string[]).length
  const before = await channels()
  const node = await cluster.addNode()
  expect(await channels()).toBe(before + SHARDS.length)
  await cluster.removeNode(node)
})
