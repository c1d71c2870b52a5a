/** Redis is full, perhaps because of the outbox itself: the recorder empties it, and players see the data of MySQL. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { PublicPlayer } from '../../client-sdk/src/protocol.ts'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { statusOf } from '../../tools/services/http.ts'
import { nodeBinary, ROOT } from '../../tools/services/node.ts'
import { takePort, releasePort } from '../../tools/services/ports.ts'
import { Service } from '../../tools/services/process.ts'
import { leaseKey, outboxKey, playerKey, rankKey } from '../../server/src/keys.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import { waitForBoards } from '../support/boards.ts'
import { expectTallies, recorded } from '../support/records.ts'
import { testCluster } from '../support/cluster.ts'
import { appendMatch } from '../support/events.ts'
import { http } from '../support/http.ts'
import { login, TestPlayer } from '../support/player.ts'
import { openRedis, redisEnv } from '../support/redis.ts'

const SHARDS = Array.from({ length: 16 }, (_, shard) => shard)

let cluster: Cluster
let redis: RedisClient
let port: number
let url: string
const running: Service[] = []

beforeAll(async () => {
  // The nodes record nothing: the tests start and stop recorders.
  cluster = await testCluster({ nodes: 1, env: { RECORDER: 'off' } })
  redis = openRedis(cluster)
  url = cluster.info.nodes[0]?.url ?? ''
  port = await takePort()
})
afterEach(async () => {
  await full(false)
  await Promise.all(running.splice(0).map((recorder) => recorder.kill()))
})
afterAll(async () => {
  releasePort(port)
  await redis?.quit()
  await cluster?.close()
})

function recorder(leaseMs = 1000): Service {
  const service = new Service({
    name: 'recorder',
    url: `http://127.0.0.1:${port}`,
    command: nodeBinary(),
    args: [join(ROOT, 'server/main.ts'), 'recorder'],
    env: {
      PATH: process.env['PATH'],
      HOST: '127.0.0.1',
      PORT: String(port),
      NODE_NAME: 'recorder',
      ...redisEnv(cluster.info.redis.url),
      DATABASE_URL: cluster.info.mysql.url,
      RECORDER_LEASE_MS: String(leaseMs),
      RECORDER_POLL_MS: '50',
      RECORDER_BATCH: '100',
    },
    logFile: join(cluster.dataDir, 'logs', 'recorder.log'),
    // The node is alive and not ready: Redis may refuse writes.
    isReady: async () => (await statusOf(`http://127.0.0.1:${port}/healthz`)) === 200,
    readyMs: 30_000,
    stopSignal: 'SIGTERM',
    stopMs: 10_000,
  })
  running.push(service)
  return service
}

/** The limit is below the used memory, so Redis refuses every command that may need memory. */
async function full(yes: boolean): Promise<void> {
  await redis.config('SET', 'maxmemory', yes ? '1mb' : '0')
  if (yes) await expect(redis.set('x', '1')).rejects.toThrow(/OOM/)
}
const backlog = async (): Promise<number> =>
  (await Promise.all(SHARDS.map((shard) => redis.xlen(outboxKey(shard))))).reduce((sum, each) => sum + each, 0)
const cached = async (id: string): Promise<PublicPlayer> => JSON.parse((await redis.get(playerKey(id))) ?? 'null') as PublicPlayer
const newPlayers = async (count: number, name: string): Promise<string[]> =>
  Promise.all(Array.from({ length: count }, async (_, index) => (await login(url, `${name}-${index}`)).player.id))

test('a recorder that starts while Redis is full drains the backlog, and caches and leaderboards follow', async () => {
  const people = await newPlayers(6, 'full')
  const ids: string[] = []
  for (let index = 0; index < 120; index += 1)
    ids.push(await appendMatch(redis, { players: [people[index % 6] ?? '', people[(index + 1 + (index % 4)) % 6] ?? ''] }))
  // A record that left the cache has to be written again.
  await redis.del(playerKey(people[0] ?? ''))
  await full(true)
  const used = await memory()
  await recorder().start()
  await expect.poll(backlog, { timeout: 20_000 }).toBe(0)
  await recorded(cluster.info.mysql.url, ids)
  expect(await memory()).toBeLessThan(used + 500_000)
  await waitForBoards(redis, cluster.info.mysql.url)
  await expectTallies(cluster.info.mysql.url)
  for (const id of people) expect((await cached(id)).wins).toBeGreaterThan(0)
  // Redis is still full: the recorder logs it and shows it in its metrics.
  await expect(redis.set('x', '1')).rejects.toThrow(/OOM/)
  expect((await http<{ error: { message: string } }>(`http://127.0.0.1:${port}/readyz`)).body.error.message).toBe('Redis: full')
  expect((await http<string>(`http://127.0.0.1:${port}/metrics`)).body).toMatch(/caiquan_store_refusing\{store="redis",[^}]*\} 1/)
  await full(false)
  await expect.poll(() => statusOf(`http://127.0.0.1:${port}/readyz`), { timeout: 10_000 }).toBe(200)
})
const memory = async (): Promise<number> => Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1])

test('a recorder whose leases run out while Redis is full continues, takes those of a dead one, and players get results', async () => {
  const [one, two] = [await TestPlayer.join('hears-one', url), await TestPlayer.join('hears-two', url)]
  const players: [string, string] = [one.player.id, two.player.id]
  for (const shard of SHARDS) await redis.set(leaseKey(shard), 'dead', 'PX', 3000)
  await recorder().start()
  await full(true)
  await sleep(4000)
  await full(false)
  const id = await appendMatch(redis, { players })
  await full(true)
  const update = new Promise<PublicPlayer>((resolve) => one.socket.once('player', resolve))
  await recorded(cluster.info.mysql.url, [id])
  expect(await update).toMatchObject({ id: players[0], wins: 1, rating: 1520 })
  await expect.poll(backlog).toBe(0)
  one.close()
  two.close()
})

test('a recorder that takes over while Redis is full continues where the other one stopped, and gives its leases back', async () => {
  const [one = '', two = ''] = await newPlayers(2, 'takes-over')
  const first = await appendMatch(redis, { players: [one, two], shards: 1 })
  await recorder().start()
  await recorded(cluster.info.mysql.url, [first])
  await running.pop()?.stop()
  const second = await appendMatch(redis, { players: [one, two], shards: 1 })
  await full(true)
  // The recorder first compares the stream with the cursor, by a script that may write.
  const successor = recorder(60_000)
  await successor.start()
  await recorded(cluster.info.mysql.url, [second])
  await expect.poll(backlog).toBe(0)
  const leases = (): Promise<number> => redis.exists(leaseKey(0))
  expect(await leases()).toBe(1)
  expect(await successor.stop()).toEqual({ code: 0, signal: null })
  expect(await leases()).toBe(0)
})

test('an event that cannot be passed on stays in the outbox until it can, without delaying what is recorded next', async () => {
  const [one = '', two = ''] = await newPlayers(2, 'later')
  const [three = '', four = ''] = await newPlayers(2, 'meanwhile')
  await recorder().start()
  // Neither an outage nor a fault of this code: every write to the board fails.
  const board = await redis.dumpBuffer(rankKey('all'))
  await redis.del(rankKey('all'))
  await redis.set(rankKey('all'), 'not a board')
  const ids = [await appendMatch(redis, { players: [one, two], shards: 1 })]
  await recorded(cluster.info.mysql.url, ids)
  ids.push(await appendMatch(redis, { players: [three, four], shards: 1, mode: 'casual' }))
  await recorded(cluster.info.mysql.url, ids)
  await expect.poll(async () => (await cached(three)).wins).toBe(1)
  // Only the entry of the end of the ranked match has to stay.
  await expect.poll(backlog, { timeout: 5000 }).toBe(1)
  // The next recorder of the shard finds the entry as well.
  await running.pop()?.stop()
  await recorder().start()
  await sleep(1000)
  expect(await backlog()).toBe(1)
  await redis.del(rankKey('all'))
  await redis.restore(rankKey('all'), 0, board)
  await expect.poll(backlog, { timeout: 15_000 }).toBe(0)
  await waitForBoards(redis, cluster.info.mysql.url)
  expect(await redis.zscore(rankKey('all'), one)).toBe('1520')
  expect(readFileSync(join(cluster.dataDir, 'logs', 'recorder.log'), 'utf8')).toContain('stay in the outbox')
}, 60_000)
