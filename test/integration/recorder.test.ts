import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { AnyGame } from '../../games/rules.ts'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import type { Service } from '../../tools/services/process.ts'
import { leaseKey, outboxKey } from '../../server/src/keys.ts'
import { createMetrics } from '../../server/src/metrics.ts'
import { eventOf } from '../../server/src/recorder/events.ts'
import { createOutbox } from '../../server/src/recorder/outbox.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import { expectRecorded, expectTallies, readRecords, recorded } from '../support/records.ts'
import { testCluster } from '../support/cluster.ts'
import { pair, TestPlayer } from '../support/player.ts'
import { randomOf } from '../support/random.ts'
import { recorderService } from '../support/recorder-service.ts'
import { openRedis } from '../support/redis.ts'
import { anyMove, testGame } from '../support/rules-player.ts'

const SHARDS = 2
let game: AnyGame
let cluster: Cluster
let redis: RedisClient
const running: Service[] = []

beforeAll(async () => {
  game = await testGame()
  // The nodes record nothing: the tests start and kill recorders.
  cluster = await testCluster({ nodes: 2, env: { LIMITS: 'match:find=100/100', RECORDER: 'off', SHARDS: String(SHARDS) } })
  redis = openRedis(cluster)
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((recorder) => recorder.kill()))
})
afterAll(async () => {
  await redis?.quit()
  await cluster?.close()
})

async function startRecorder(env: Record<string, string> = {}): Promise<Service> {
  const recorder = recorderService(cluster, { SHARDS: String(SHARDS), ...env })
  running.push(recorder)
  await recorder.start()
  return recorder
}

/** Starts a recorder that dies at a given step, and waits until it has died. */
async function crashAt(step: 'written' | 'committed'): Promise<void> {
  const recorder = await startRecorder({ CRASH_AT: step })
  expect(await recorder.exited).toEqual({ code: null, signal: 'SIGKILL' })
}

let people = 0
const random = randomOf(11)
/** Plays ranked matches between new players, two at a time. Resolves to the players of each match. */
async function playMatches(count: number): Promise<Map<string, [TestPlayer, TestPlayer]>> {
  const played = new Map<string, [TestPlayer, TestPlayer]>()
  const [one, two] = await Promise.all(cluster.info.nodes.map(({ url }) => TestPlayer.join(`recorder-${++people}`, url)))
  if (!one || !two) throw new Error('two nodes are needed')
  for (let match = 0; match < count; match += 1) {
    const id = await pair(one, two, game.bestOf[0], 'ranked')
    await Promise.all([one, two].map((player) => player.play(id, anyMove(game, player, random))))
    played.set(id, [one, two])
  }
  one.close()
  two.close()
  return played
}

const backlog = async (): Promise<number> => {
  let sum = 0
  for (let shard = 0; shard < SHARDS; shard += 1) sum += await redis.xlen(outboxKey(shard))
  return sum
}

function expectMatches(records: Awaited<ReturnType<typeof readRecords>>, played: Map<string, [TestPlayer, TestPlayer]>): void {
  for (const [id, players] of played) expectRecorded(records, id, players)
}

test('a recorder that dies between its inserts and its commit leaves nothing, and the next one writes it once', async () => {
  const played = await playMatches(6)
  const before = await backlog()
  expect(before).toBeGreaterThanOrEqual(6 * 3)
  await crashAt('written')
  for (const id of played.keys()) expect((await readRecords(cluster.info.mysql.url)).matches.get(id)).toBeUndefined()
  expect(await backlog()).toBe(before)
  await startRecorder()
  const records = await recorded(cluster.info.mysql.url, [...played.keys()])
  expectMatches(records, played)
  await expectTallies(cluster.info.mysql.url)
  await expect.poll(backlog, { timeout: 5000 }).toBe(0)
})

test('a recorder that dies after its commit and before it trims repeats nothing', async () => {
  const played = await playMatches(6)
  await crashAt('committed')
  expect(await backlog()).toBeGreaterThan(0)
  await startRecorder()
  const records = await recorded(cluster.info.mysql.url, [...played.keys()])
  expectMatches(records, played)
  await expectTallies(cluster.info.mysql.url)
  await expect.poll(backlog, { timeout: 5000 }).toBe(0)
})

test('recorders that do not know of each other, without leases, write everything once', async () => {
  const renew = setInterval(() => [0, 1].forEach((shard) => void redis.del(leaseKey(shard))), 5)
  const logFile = join(cluster.dataDir, 'logs', 'recorder.log')
  const log = (): string => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '')
  const before = log().length
  const logged = (): string => log().slice(before)
  const recorders = await Promise.all([1, 2, 3].map(() => startRecorder({ WRITING_MS: '30' })))
  await expect.poll(() => logged().split('"recording"').length, { timeout: 10_000 }).toBe(4)
  const played = await playMatches(12)
  const records = await recorded(cluster.info.mysql.url, [...played.keys()], 30_000)
  clearInterval(renew)
  expectMatches(records, played)
  await expectTallies(cluster.info.mysql.url)
  expect(recorders.every((recorder) => recorder.running)).toBe(true)
  // The recorders met, or this would prove nothing: the second one rolled its batch back.
  expect(logged()).toContain('another recorder was faster')
})

test('random deaths while matches are played: no row is missing, none is there twice', async () => {
  const stop = new AbortController()
  let deaths = 0
  const killing = (async () => {
    while (!stop.signal.aborted) {
      const recorder = await startRecorder({
        CRASH_AT: deaths % 3 === 0 ? 'committed' : deaths % 3 === 1 ? 'written' : 'never',
        RECORDER_BATCH: '5',
      })
      await Promise.race([recorder.exited, sleep(900)])
      await recorder.kill()
      deaths += 1
    }
  })()
  let played: Awaited<ReturnType<typeof playMatches>>
  try {
    played = await playMatches(25)
    await sleep(2500)
  } finally {
    stop.abort()
  }
  await killing
  expect(deaths).toBeGreaterThanOrEqual(4)
  await startRecorder()
  const records = await recorded(cluster.info.mysql.url, [...played.keys()])
  expectMatches(records, played)
  await expectTallies(cluster.info.mysql.url)
})

test('a stream that began again after a loss of Redis is raised above the cursor, so that no new event counts as old', async () => {
  const outbox = createOutbox(redis, createMetrics('test'))
  const future = `${Date.now() + 3_600_000}-7`
  await outbox.lift(99, future)
  const id = (await redis.xadd(outboxKey(99), '*', 'type', 'start')) ?? ''
  expect(id.localeCompare(future, 'en', { numeric: true })).toBeGreaterThan(0)
  await outbox.lift(99, '5-0')
  expect((await outbox.read(new Map([[99, future]]), 10))[0]).toHaveLength(1)
})

test('an entry that none of our scripts writes is an error, not a silent gap', () => {
  expect(() => eventOf(['1-0', ['type', 'nonsense']])).toThrow(/unknown type "nonsense"/)
})
