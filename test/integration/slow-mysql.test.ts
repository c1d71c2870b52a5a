/** A MySQL that accepts connections and is then slow: the recorder logs and counts the reason, and recovers by itself. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { statusOf } from '../../tools/services/http.ts'
import { nodeBinary, ROOT } from '../../tools/services/node.ts'
import { takePort, releasePort } from '../../tools/services/ports.ts'
import { Service } from '../../tools/services/process.ts'
import { createDatabase, type Database } from '../../server/src/database.ts'
import { leaseKey } from '../../server/src/keys.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import { recorded } from '../support/records.ts'
import { testCluster } from '../support/cluster.ts'
import { appendMatch } from '../support/events.ts'
import { http } from '../support/http.ts'
import { login } from '../support/player.ts'
import { openRedis, redisEnv } from '../support/redis.ts'
import { tcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'

const SHARDS = Array.from({ length: 16 }, (_, shard) => shard)

let cluster: Cluster
let redis: RedisClient
let proxy: TcpProxy
let recorder: Service
let database: Database
let port: number
let players: [string, string]
/** How long every reply of MySQL is held back, ms. */
let delay = 0

beforeAll(async () => {
  cluster = await testCluster({ nodes: 1, env: { RECORDER: 'off' } })
  redis = openRedis(cluster)
  database = createDatabase({ DATABASE_URL: cluster.info.mysql.url, DATABASE_CONNECTIONS: 2 })
  const mysql = new URL(cluster.info.mysql.url)
  proxy = await tcpProxy(Number(mysql.port), undefined, () => delay)
  mysql.port = String(proxy.port)
  port = await takePort()
  recorder = new Service({
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
      DATABASE_URL: mysql.href,
    },
    logFile: join(cluster.dataDir, 'logs', 'recorder.log'),
    isReady: async () => (await statusOf(`http://127.0.0.1:${port}/readyz`)) === 200,
    readyMs: 30_000,
    stopSignal: 'SIGTERM',
    stopMs: 20_000,
  })
  await recorder.start()
  const node = cluster.info.nodes[0]?.url ?? ''
  players = [(await login(node, 'slow-one')).player.id, (await login(node, 'slow-two')).player.id]
})
afterAll(async () => {
  delay = 0
  await recorder?.kill()
  releasePort(port)
  await proxy?.close()
  await database?.$disconnect()
  await redis?.quit()
  await cluster?.close()
})

interface Line {
  msg: string
  store?: string
  reason?: string
}
const logged = (): Line[] =>
  readFileSync(join(cluster.dataDir, 'logs', 'recorder.log'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
const ready = async () => (await http<{ degraded?: string[] }>(`${recorder.url}/readyz`)).body
const metrics = async (): Promise<string> => (await http<string>(`${recorder.url}/metrics`)).body

test('a batch whose rows another transaction holds is logged, counted and shown while it is still running, and is written', async () => {
  await recorded(cluster.info.mysql.url, [await appendMatch(redis, { players })])
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  let locked = (): void => undefined
  const holds = new Promise<void>((resolve) => (locked = resolve))
  const holding = database.$transaction(
    async (tx) => {
      await tx.$queryRaw`SELECT id FROM Player FOR UPDATE`
      locked()
      await released
    },
    { timeout: 30_000 },
  )
  await holds
  const late = await appendMatch(redis, { players })
  await expect
    .poll(logged, { timeout: 12_000 })
    .toContainEqual(expect.objectContaining({ store: 'mysql', msg: expect.stringMatching(/replies slowly/) }))
  expect(await ready()).toMatchObject({ degraded: ['MySQL: slow'] })
  expect(await metrics()).toMatch(/caiquan_store_refusals_total\{store="mysql",reason="slow",[^}]*\} [1-9]/)
  release()
  await holding
  await recorded(cluster.info.mysql.url, [late])
})

test('a connection that does not open in time is logged and counted, and MySQL is not reported as working too early', async () => {
  delay = 60_000
  proxy.cut()
  const from = logged().length
  const since = (): Line[] => logged().slice(from)
  const late = await appendMatch(redis, { players })
  const waits = expect.objectContaining({
    store: 'mysql',
    reason: expect.stringMatching(/silent|away/),
    msg: expect.stringMatching(/the recorder waits/),
  })
  await expect.poll(since, { timeout: 15_000 }).toContainEqual(waits)
  const errors = async (): Promise<number> => Number(/^caiquan_recorder_errors_total\{[^}]*\} (\d+)/m.exec(await metrics())?.[1])
  const before = await errors()
  // The recorder's own attempts continue, and each of them is counted.
  await expect.poll(errors, { timeout: 20_000, interval: 500 }).toBeGreaterThan(before + 1)
  expect((await ready()).degraded?.[0]).toMatch(/^MySQL: /)
  expect(await metrics()).toMatch(/caiquan_store_refusing\{store="mysql",[^}]*\} 1/)
  // Nor does it log it while another recorder has the shards and MySQL is not asked.
  await Promise.all(SHARDS.map((shard) => redis.set(leaseKey(shard), 'another', 'PX', 60_000)))
  await sleep(4000)
  expect(since().filter(({ msg }) => msg.includes('works again'))).toEqual([])
  await Promise.all(SHARDS.map((shard) => redis.del(leaseKey(shard))))
  delay = 0
  proxy.cut()
  await recorded(cluster.info.mysql.url, [late], 30_000)
  await expect.poll(since, { timeout: 5000 }).toContainEqual(expect.objectContaining({ msg: 'the recorder works again' }))
}, 90_000)

test('the recorder stops cleanly', async () => {
  expect(await recorder.stop()).toEqual({ code: 0, signal: null })
})
