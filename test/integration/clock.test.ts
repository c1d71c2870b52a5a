/**
 * The clock of Redis steps, as that of a machine does which was resumed: what is timed by it goes on as if it had not.
 */
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createClock, type ServiceClock } from '../../ops/services/clock.ts'
import { claimPort, releasePort } from '../../ops/services/ports.ts'
import type { Service } from '../../ops/services/process.ts'
import { startRedis } from '../../ops/services/redis.ts'
import { dueKey, shardOf } from '../../server/keys.ts'
import { endOf } from '../../server/match/match.ts'
import type { Stored } from '../../server/match/store.ts'
import { createGameNode } from '../support/game-node.ts'
import { matchNode } from '../support/match-node.ts'
import { present, specOf } from '../support/match-model.ts'
import { tempDir } from '../support/temp.ts'

const STEP_MS = 40_000
const ROUND_MS = 4000

let clock: ServiceClock
let port: number
let service: Service
let redis: Redis

beforeAll(async () => {
  clock = createClock(tempDir('clock'))
  port = await claimPort()
  service = await startRedis({ dir: tempDir('redis'), port, settings: { appendonly: 'no' }, env: clock.env })
  redis = new Redis(service.url)
})
beforeEach(async () => {
  clock.set(0)
  await redis.flushall()
})
afterAll(async () => {
  await redis?.quit()
  await service?.stop()
  clock?.close()
  releasePort(port)
})

/** How far away the end of the round is, ms. */
const left = ({ timers, now }: Stored): number => present(endOf(timers.round)) - now

test('a change that players do not see starts an overtaken round again in a version of its own', async () => {
  const node = matchNode(redis, 'node1')
  const id = '0-silent'
  await node.commits.create(specOf(id, ['a', 'b'], { limits: { roundMs: ROUND_MS } }))
  clock.set(-STEP_MS)
  // Another connection plays the seat: without the step, that would be no new version.
  await node.commits.apply(id, { type: 'presence', player: 'a', connection: 'a:other', connected: true })
  const stored = present(await node.store.read(id))
  expect(stored.match.seats[0]?.connection).toBe('a:other')
  expect(left(stored)).toBeLessThanOrEqual(ROUND_MS)
  const deadlines = node.committed.map(({ stored: { match, timers } }) => `${match.version}: ${endOf(timers.round)}`)
  expect(new Set(deadlines).size).toBe(2)
  expect(new Set(node.committed.map(({ stored: { match } }) => match.version)).size).toBe(2)
  expect(Number(await redis.zscore(dueKey(shardOf(id)), id))).toBe(endOf(stored.timers.round))
})

test('whoever reads a match is never told of a deadline that is further away than the round is long', async () => {
  const node = createGameNode(redis, null, { shards: 1, sweepMs: 600_000, roundMs: ROUND_MS })
  try {
    await node.matches.create(specOf('0-read', ['a', 'b'], { limits: { roundMs: ROUND_MS } }), Date.now() + 60_000)
    const before = present(await node.matches.read('0-read'))
    clock.set(-STEP_MS)
    const after = present(await node.matches.read('0-read'))
    expect(left(after)).toBeLessThanOrEqual(ROUND_MS)
    expect(after.match.version).toBe(before.match.version + 1)
    expect(present(await node.matches.read('0-read')).match.version).toBe(after.match.version)
  } finally {
    node.close()
  }
})
