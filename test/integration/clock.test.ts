/**
 * The clock of Redis steps, as the clock of a resumed machine does. Everything that is timed by it continues as if it had not: deadlines,
 * searches and the registry of nodes treat a time that lies in the future as the current time.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createClock, type ServiceClock } from '../../tools/services/clock.ts'
import { takePort, releasePort } from '../../tools/services/ports.ts'
import type { Service } from '../../tools/services/process.ts'
import { startRedis } from '../../tools/services/redis.ts'
import { dueKey, nodesKey, playerConnectionKey, playerKey, shardOf } from '../../server/src/keys.ts'
import { createLog } from '../../server/src/log.ts'
import { endOf } from '../../server/src/match/match.ts'
import type { Stored } from '../../server/src/match/store.ts'
import { botTicket } from '../../server/src/matchmaking/matchmaker.ts'
import { createQueue, type Found, type Queue } from '../../server/src/matchmaking/queue.ts'
import { newMatchId } from '../../server/src/ids.ts'
import { createMetrics } from '../../server/src/metrics.ts'
import { createRegistry } from '../../server/src/registry.ts'
import { createConnections } from '../../server/src/realtime/connections.ts'
import { testCluster } from '../support/cluster.ts'
import { createGameNode } from '../support/game-node.ts'
import { matchNode } from '../support/match-node.ts'
import { present, specOf } from '../support/match-model.ts'
import { pair, TestPlayer } from '../support/player.ts'
import { tempDir } from '../support/temp.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import { connectTo } from '../support/redis.ts'

const STEP_MS = 40_000
const ROUND_MS = 4000

let clock: ServiceClock
let port: number
let service: Service
let redis: RedisClient
const metrics = createMetrics('test')

beforeAll(async () => {
  clock = createClock(tempDir('clock'))
  port = await takePort()
  service = await startRedis({ dir: tempDir('redis'), port, settings: { appendonly: 'no' }, env: clock.env })
  redis = connectTo(service.url)
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

const record = (id: string, rating = 1500) => ({ id, nickname: id, avatarUrl: '', rating, wins: 0, losses: 0, draws: 0 })
/** How far away the end of the round is, ms. */
const left = ({ timers, now }: Stored): number => present(endOf(timers.round)) - now

test('a change that players do not see restarts an overtaken round in a version of its own', async () => {
  const node = matchNode(redis, 'node1')
  const id = '0-silent'
  await node.commits.create(specOf(id, ['a', 'b'], { limits: { roundMs: ROUND_MS } }))
  clock.set(-STEP_MS)
  // Another connection takes the seat: without the step of the clock, that would not make a new version.
  await node.commits.apply(id, { type: 'presence', player: 'a', connection: 'a:other', connected: true })
  const stored = present(await node.store.read(id))
  expect(stored.match.seats[0]?.connection).toBe('a:other')
  expect(left(stored)).toBeLessThanOrEqual(ROUND_MS)
  const deadlines = node.committed.map(({ stored: { match, timers } }) => `${match.version}: ${endOf(timers.round)}`)
  expect(new Set(deadlines).size).toBe(2)
  expect(new Set(node.committed.map(({ stored: { match } }) => match.version)).size).toBe(2)
  expect(Number(await redis.zscore(dueKey(shardOf(id)), id))).toBe(endOf(stored.timers.round))
})

test('a player who reads a match never gets a deadline that is further away than the round is long', async () => {
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

test('the sweeps close a round in time if no client asks about it', async () => {
  const node = createGameNode(redis, null, { shards: 1, sweepMs: 50, roundMs: 1000 })
  try {
    await node.matches.create(specOf('0-swept', ['a', 'b'], { limits: { roundMs: 1000, maxMissed: 9 } }), Date.now() + 60_000)
    // The sweeps have read the clock at its present time.
    await sleep(300)
    clock.set(-STEP_MS)
    await expect.poll(async () => present(await node.store.read('0-swept')).match.lastRound?.reason, { timeout: 5000 }).toBe('timeout')
  } finally {
    node.close()
  }
})

test('a pair whose node has died is made at once, not when the clock is back where it was', async () => {
  const node = createGameNode(redis, null, { shards: 1, sweepMs: 600_000, roundMs: ROUND_MS })
  try {
    for (const id of ['a', 'b']) {
      await redis.mset(playerKey(id), JSON.stringify(record(id)), playerConnectionKey(id), 'socket#1')
      // As a node does that dies before it creates the match.
      await node.queue.find(
        'casual',
        { player: record(id), connection: 'socket', acceptedAt: 1, bestOf: 1, options: {}, last: null },
        '0-pair',
      )
    }
    expect(await node.reservations.current('a')).toBeNull()
    clock.set(-STEP_MS)
    await node.matchmaker.sweep()
    expect(present(await node.reservations.current('a')).match).toMatchObject({ id: '0-pair', status: 'playing' })
  } finally {
    node.close()
  }
})

test('the connection that comes after a step back is the later one, whether the one before is still there or was given up', async () => {
  const connections = createConnections(redis, metrics)
  const first = await connections.order('p')
  expect(await connections.take('p', 'first', first)).toEqual({ late: false, replaced: null })
  clock.set(-STEP_MS)
  const second = await connections.order('p')
  expect(second).toBeGreaterThan(first)
  expect(await connections.take('p', 'second', second)).toEqual({ late: false, replaced: 'first' })
  // An older connection, on a node that stalled, does not take the player back.
  expect(await connections.take('p', 'first', first)).toEqual({ late: true, replaced: 'second' })
  // A search that waits for another connection of its player belongs to a connection that was given up.
  expect(await connections.give('p', 'second')).toBe(true)
  expect(await connections.current('p')).toBeNull()
  clock.set(-2 * STEP_MS)
  const third = await connections.order('p')
  expect(third).toBeGreaterThan(second)
  expect(await connections.take('p', 'third', third)).toEqual({ late: false, replaced: null })
  // The order for other players is the time of Redis, whatever it is.
  expect(Math.abs((await connections.order('q')) - (Date.now() - 2 * STEP_MS))).toBeLessThan(1000)
})

test('players who reconnect after a step back play on', async () => {
  const cluster = await testCluster({ nodes: 2, redis: { url: service.url, pid: service.pid }, env: { ROUND_MS: '60000' } })
  try {
    const [url = '', other = ''] = cluster.nodes.map((node) => node.url)
    const [one, two] = [await TestPlayer.join('clock-one', url), await TestPlayer.join('clock-two', url)]
    const id = await pair(one, two, 3)
    clock.set(-STEP_MS)
    for (const player of [one, two]) player.reconnectTo = () => other
    for (const player of [one, two]) player.socket.io.engine.close()
    await Promise.all([one, two].map((player) => player.connected()))
    await Promise.all([one.play(id, () => 'rock'), two.play(id, () => 'paper')])
    expect(one.current).toMatchObject({
      id,
      status: 'finished',
      result: { winner: one.current?.seats[0]?.player.id === two.player.id ? 0 : 1, reason: 'score' },
    })
    // Then another phone takes over.
    const again = await TestPlayer.join('clock-one', url)
    expect(await again.request('match:find', { mode: 'casual', bestOf: 1 })).toEqual({ state: 'queued' })
    for (const player of [one, two, again]) player.close()
  } finally {
    await cluster.close()
  }
})

const WINDOW = { base: 100, perSecond: 50, avoidLast: false }
const queueOf = (change: { ticketTtlMs?: number; afterMs?: number } = {}): Queue =>
  createQueue(redis, metrics, {
    ticketTtlMs: change.ticketTtlMs ?? 60_000,
    windows: { ranked: WINDOW, casual: WINDOW },
    sweepMs: 2,
    bot: { mode: 'casual', afterMs: change.afterMs ?? 60_000, ticket: botTicket },
  })
const enter = (queue: Queue, id: string, rating: number): Promise<Found> =>
  queue.find('casual', { player: record(id, rating), connection: 's', acceptedAt: 1, bestOf: 3, options: {}, last: null }, newMatchId(1))
const sweep = (queue: Queue) => queue.sweep('casual', [newMatchId(1), newMatchId(1)])

test('a search continues with the window that it began with, and widens: by sweeps', async () => {
  const queue = queueOf()
  await enter(queue, 'a', 1500)
  await enter(queue, 'b', 1650)
  clock.set(-STEP_MS)
  await expect.poll(() => sweep(queue), { timeout: 5000 }).toMatchObject([{ tickets: [{ player: { id: 'a' } }, { player: { id: 'b' } }] }])
})

test('a search continues with the window that it began with, and widens: by its own heartbeats', async () => {
  const queue = queueOf()
  await enter(queue, 'a', 1500)
  await enter(queue, 'b', 1650)
  clock.set(-STEP_MS)
  await expect.poll(async () => (await enter(queue, 'a', 1500)).state, { timeout: 5000, interval: 200 }).toBe('pair')
})

test('a player who waits is paired with a bot when their time has come by any clock', async () => {
  const queue = queueOf({ afterMs: 1000 })
  await enter(queue, 'a', 1500)
  clock.set(-STEP_MS)
  await expect
    .poll(() => sweep(queue), { timeout: 5000 })
    .toMatchObject([{ tickets: [{ player: { id: 'a' } }, { player: { id: 'bot' } }] }])
})

test('a step back does not extend the life of a ticket without a heartbeat', async () => {
  const queue = queueOf({ ticketTtlMs: 1000 })
  await enter(queue, 'a', 1500)
  clock.set(-STEP_MS)
  await sweep(queue)
  expect(await queue.size('casual')).toBe(1)
  await sleep(1100)
  await sweep(queue)
  expect(await queue.size('casual')).toBe(0)
})

test('a node that died right before a step back is known to be dead within two and a half seconds', async () => {
  const registry = createRegistry({
    redis,
    metrics,
    log: createLog({ LOG_LEVEL: 'silent', NODE_NAME: 'test' }),
    node: 'alive',
    formats: [1],
    shards: 1,
    connected: () => 0,
  })
  await redis.hset(nodesKey, 'dead', `${Date.now()}|${JSON.stringify({ players: 3, formats: [1] })}`)
  await registry.start()
  try {
    expect(registry.isLive('dead')).toBe(true)
    clock.set(-STEP_MS)
    const from = performance.now()
    await expect.poll(() => registry.isLive('dead'), { timeout: 10_000, interval: 20 }).toBe(false)
    // The two seconds after the last sign of life start at the step.
    expect(performance.now() - from).toBeLessThan(2500)
    expect(registry.isLive('alive')).toBe(true)
  } finally {
    await registry.close()
  }
})
