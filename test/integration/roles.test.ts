import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PublicPlayer } from '../../client-sdk/src/protocol.ts'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { statusOf } from '../../tools/services/http.ts'
import { nodeBinary, ROOT } from '../../tools/services/node.ts'
import { takePort, releasePort } from '../../tools/services/ports.ts'
import { Service } from '../../tools/services/process.ts'
import { migrate, waitUntilMigrated } from '../../prisma/migrate.ts'
import { testCluster } from '../support/cluster.ts'
import { testDatabase } from '../support/database.ts'
import { http } from '../support/http.ts'
import { pair, TestPlayer } from '../support/player.ts'

const MAIN = join(ROOT, 'server/main.ts')

let cluster: Cluster
let recorder: Service
let port: number

beforeAll(async () => {
  cluster = await testCluster({ nodes: 2, env: { RECORDER: 'off' } })
  port = await takePort()
  recorder = new Service({
    name: 'recorder',
    url: `http://127.0.0.1:${port}`,
    command: nodeBinary(),
    args: [MAIN, 'recorder'],
    // Neither AppID nor AppSecret: a recorder never calls WeChat.
    env: {
      PATH: process.env['PATH'],
      HOST: '127.0.0.1',
      PORT: String(port),
      NODE_NAME: 'recorder',
      REDIS_URL: cluster.info.redis.url,
      DATABASE_URL: cluster.info.mysql.url,
    },
    logFile: join(cluster.dataDir, 'logs', 'recorder.log'),
    isReady: async () => (await statusOf(`http://127.0.0.1:${port}/readyz`)) === 200,
    readyMs: 30_000,
    stopSignal: 'SIGTERM',
    stopMs: 10_000,
  })
})
afterAll(async () => {
  await recorder?.kill()
  releasePort(port)
  await cluster?.close()
})

test('a recorder alone writes the decisions of servers without one, and the players get the results', async () => {
  const [first, second] = cluster.nodes
  if (!first || !second) throw new Error('two nodes are needed')
  const one = await TestPlayer.join('roles-one', first.url)
  const two = await TestPlayer.join('roles-two', second.url)
  const update = new Promise<PublicPlayer>((resolve) => two.socket.once('player', resolve))
  const match = await pair(one, two, 1, 'ranked')
  await Promise.all([one.play(match, () => 'rock'), two.play(match, () => 'paper')])
  const history = async (): Promise<number> =>
    (await http<{ matches: unknown[] }>(`${first.url}/api/matches`, { headers: { sessionid: one.sessionId } })).body.matches.length
  expect(await history()).toBe(0)

  await recorder.start()
  expect(await update).toMatchObject({ id: two.player.id, wins: 1 })
  expect(await history()).toBe(1)
  one.close()
  two.close()
})

test('a recorder serves health and metrics, lets no player in, and stops cleanly', async () => {
  expect(await statusOf(`${recorder.url}/healthz`)).toBe(200)
  expect((await http<string>(`${recorder.url}/metrics`)).body).toMatch(/^caiquan_recorded_events_total\{type="end",node="recorder"\} 1$/m)
  expect(await statusOf(`${recorder.url}/socket.io/?EIO=4&transport=polling`)).toBe(404)
  expect(await statusOf(`${recorder.url}/api/leaderboard`)).toBe(404)
  expect(await recorder.stop()).toEqual({ code: 0, signal: null })
})

test('a recorder stops while Redis is away, recording or still starting', async () => {
  await recorder.start()
  const { redis } = cluster
  if (!redis) throw new Error('a Redis of its own is needed')
  await redis.kill()
  try {
    expect(await recorder.stop()).toEqual({ code: 0, signal: null })
    const starting = recorder.start()
    starting.catch(() => undefined)
    await expect.poll(() => statusOf(`${recorder.url}/healthz`), { timeout: 10_000 }).toBe(200)
    expect(await recorder.stop()).toEqual({ code: 0, signal: null })
    await expect(starting).rejects.toThrow(/ended while starting/)
  } finally {
    await redis.start()
  }
})

test('a process that waits for the migrations continues once another one has applied them', async () => {
  const database = await testDatabase()
  const lines: string[] = []
  try {
    await expect(waitUntilMigrated(database.url, { waitMs: 0 })).rejects.toThrow(
      /No runner has applied these migrations .*20261123000000_init/,
    )
    const waiting = waitUntilMigrated(database.url, { log: (line) => lines.push(line) })
    await expect.poll(() => lines.length).toBe(1)
    await migrate(database.url)
    await waiting
    expect(lines.at(-1)).toMatch(/^The database has all \d+ migrations\.$/)
    const { stdout } = await promisify(execFile)(nodeBinary(), [MAIN, 'migrate', '--wait'], {
      env: { ...process.env, DATABASE_URL: database.url },
    })
    expect(stdout).toMatch(/^The database has all/)
  } finally {
    await database.drop()
  }
})

test('a role that does not exist is refused with the list of the existing ones', async () => {
  const refused = promisify(execFile)(nodeBinary(), [MAIN, 'umpire'])
  await expect(refused).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('[server | recorder | migrate [--wait]]') })
})
