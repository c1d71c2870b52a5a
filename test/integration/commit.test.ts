import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dueKey, matchKey, nodeChannel, outboxKey, shardOf } from '../../server/src/keys.ts'
import type { Command } from '../../server/src/match/transitions.ts'
import { eventOf } from '../../server/src/recorder/events.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import { matchNode, type MatchNode } from '../support/match-node.ts'
import { present, specOf, type SpecOptions } from '../support/match-model.ts'
import { testRedis } from '../support/redis.ts'

let service: Awaited<ReturnType<typeof testRedis>>
let redis: RedisClient
let one: MatchNode
let two: MatchNode

beforeAll(async () => {
  service = await testRedis()
  redis = service.open()
  one = matchNode(redis, 'node1')
  two = matchNode(service.open(), 'node2')
})
afterAll(async () => {
  await redis?.quit()
  await service?.close()
})

let ids = 0
const newId = (): string => `${ids % 16}-commit${++ids}`
const move = (player: string, hand: string, round = 1): Command => ({ type: 'move', player, round, move: hand })
const end = (round = 1): Command => ({ type: 'timer', timer: 'round', round })
const events = async (id: string) => (await redis.xrange(outboxKey(shardOf(id)), '-', '+')).map(eventOf).filter(({ match }) => match === id)

async function begin(options: SpecOptions = {}, node = one): Promise<string> {
  const id = newId()
  await node.commits.create(specOf(id, ['a', 'b'], options))
  return id
}

test('a match is played: each step is stored with its events, its timers and its expiry', async () => {
  const id = await begin({ bestOf: 1 })
  expect(Number(await redis.zscore(dueKey(shardOf(id)), id))).toBeGreaterThan(Date.now() + 50_000)
  expect(await one.commits.apply(id, move('a', 'rock'))).toMatchObject({ code: 'changed', stored: { match: { version: 2 } } })
  expect(await redis.pttl(matchKey(id))).toBeGreaterThan(86_000_000)
  expect(await one.commits.apply(id, move('b', 'paper'))).toMatchObject({
    code: 'changed',
    stored: { match: { version: 3, status: 'finished', result: { winner: 1 } }, timers: {} },
  })
  const stored = await events(id)
  expect(stored.map(({ type }) => type)).toEqual(['start', 'round', 'end'])
  expect(stored.every(({ at }) => Math.abs(at - Date.now()) < 10_000)).toBe(true)
  expect(await redis.zscore(dueKey(shardOf(id)), id)).toBeNull()
  expect(await redis.pttl(matchKey(id))).toBeLessThanOrEqual(60_000)
})

test('a commit on a state that is not the stored one changes nothing, and its command is applied to the stored state', async () => {
  const id = await begin()
  await two.commits.apply(id, move('b', 'paper'))
  // Node 1 remembers the match without that move.
  expect(one.cache.get(id)?.match.version).toBe(1)
  const outcome = await one.commits.apply(id, move('a', 'rock'))
  expect(outcome).toMatchObject({ code: 'changed', stored: { match: { round: 2, lastRound: { moves: ['rock', 'paper'], winner: 1 } } } })
  expect((await events(id)).filter(({ type }) => type === 'round')).toHaveLength(1)
})

test('two nodes that decide the same round at the same instant decide it once', async () => {
  const id = await begin({ limits: { roundMs: 1 } })
  await sleep(5)
  const nodes = Array.from({ length: 20 }, (_, index) => matchNode(redis, `many${index}`))
  const outcomes = await Promise.all(nodes.map(({ commits }) => commits.apply(id, end())))
  expect(outcomes.filter(({ code }) => code === 'changed')).toHaveLength(1)
  expect((await events(id)).filter(({ type }) => type === 'round')).toHaveLength(1)
})

test('a move after the deadline is refused even before a node has closed the round; a timer is not carried out early', async () => {
  const late = await begin({ limits: { roundMs: 1 } })
  await sleep(5)
  expect(await one.commits.apply(late, move('a', 'rock'))).toMatchObject({ code: 'refused', error: 'stale_round' })
  expect((await one.store.read(late))?.match.moves).toEqual([null, null])
  const early = await begin()
  expect(await one.commits.apply(early, end())).toMatchObject({ code: 'early' })
  expect((await one.store.read(early))?.match.round).toBe(1)
})

test('a first move leaves the deadline where it is', async () => {
  const id = await begin()
  const before = present(await one.store.read(id)).timers.round
  await sleep(10)
  await one.commits.apply(id, move('a', 'rock'))
  expect(present(await one.store.read(id)).timers.round).toEqual(before)
})

test('moves of one event-loop tick become one commit; a command with another guard is decided after the reply to it', async () => {
  const id = await begin()
  const before = one.committed.length
  const [first, second] = await Promise.all([one.commits.apply(id, move('a', 'rock')), one.commits.apply(id, move('b', 'rock'))])
  expect([first, second]).toMatchObject([{ code: 'changed' }, { code: 'changed' }])
  expect(one.committed.length - before).toBe(1)
  expect(present(await one.store.read(id)).match.version).toBe(3)
  const [third, timer] = await Promise.all([one.commits.apply(id, move('a', 'rock', 2)), one.commits.apply(id, end(2))])
  expect([third.code, timer.code]).toEqual(['changed', 'early'])
})

test('refusals and "it is so already" come from Redis, not from the cache', async () => {
  const id = await begin()
  await one.commits.apply(id, move('a', 'rock'))
  await two.commits.apply(id, move('b', 'rock'))
  // Node 1 still believes that round 1 is open and round 2 is not.
  expect(await one.commits.apply(id, move('a', 'paper', 2))).toMatchObject({ code: 'changed', stored: { match: { round: 2 } } })
  await two.commits.apply(id, move('b', 'paper', 2))
  expect(await one.commits.apply(id, move('a', 'paper', 2))).toMatchObject({ code: 'same', stored: { match: { round: 3 } } })
})

test('after Redis fell back, a node that remembers the lost history commits nothing on it, though its numbers match', async () => {
  const id = await begin()
  const before = await redis.hgetall(matchKey(id))
  await one.commits.apply(id, move('b', 'scissors'))
  // A replica without that move takes over, and another node stores another move, which is version 2 again.
  await redis.hset(matchKey(id), before)
  await two.commits.apply(id, move('b', 'rock'))
  const [lost, current] = [present(one.cache.get(id)), present(await two.store.read(id))]
  expect([lost.match.version, current.match.version]).toEqual([2, 2])
  expect(await one.commits.apply(id, move('a', 'rock'))).toMatchObject({
    code: 'changed',
    stored: { match: { lastRound: { moves: ['rock', 'rock'], winner: null } } },
  })
  expect((await events(id)).flatMap((event) => (event.type === 'round' ? [event.round.moves] : []))).toEqual([['rock', 'rock']])
})

test('a match is created once; the second creator gets the match that exists', async () => {
  const id = newId()
  const both = await Promise.all([
    one.commits.create(specOf(id, ['a', 'b'])),
    two.commits.create(specOf(id, ['b', 'a'])),
    two.commits.create(specOf(id, ['b', 'a'])),
  ])
  expect(both.map(({ created }) => created).filter(Boolean)).toHaveLength(1)
  expect(new Set(both.map(({ stored }) => stored.match.setup.seats[0]?.player.id)).size).toBe(1)
  expect((await events(id)).filter(({ type }) => type === 'start')).toHaveLength(1)
})

test('a match cannot be stored after the time that its reservation allows', async () => {
  const id = newId()
  await expect(one.commits.create(specOf(id, ['a', 'b']), Date.now() - 1000)).rejects.toMatchObject({ code: 'unavailable' })
  expect(await one.store.read(id)).toBeNull()
})

test('neither version nor status goes back, whatever a node asks for', async () => {
  const id = await begin()
  const from = present(await one.store.read(id))
  const entry = { from, guard: {}, timers: {}, events: [] }
  await expect(one.store.commit({ ...entry, token: one.store.newToken(), match: { ...from.match, version: 0 } })).rejects.toThrow(
    /is invalid/,
  )
  await expect(one.store.commit({ ...entry, token: one.store.newToken(), match: { ...from.match, status: 'waiting' } })).rejects.toThrow(
    /is invalid/,
  )
  expect(present(await one.store.read(id)).token).toBe(from.token)
})

test('what cannot be converted to text is refused before anything of its batch is written', async () => {
  const [good, bad] = [await begin(), newId()]
  const { match } = present(await one.store.read(good))
  const outcomes = await Promise.allSettled([
    one.commits.apply(good, move('a', 'rock')),
    one.store.commit({
      token: one.store.newToken(),
      // JSON has no such number.
      match: { ...match, id: bad, version: Number.NaN },
      from: null,
      guard: {},
      timers: {},
      events: [],
    }),
  ])
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  expect(await one.store.read(bad)).toBeNull()
})

test('a bad entry in a batch fails alone, and the others are carried out', async () => {
  const [good, bad] = await Promise.all([begin(), begin()])
  const from = present(await one.store.read(bad))
  const outcomes = await Promise.allSettled([
    one.commits.apply(good, move('a', 'rock')),
    one.store.commit({
      token: one.store.newToken(),
      match: { ...from.match, status: 'nonsense' as 'playing' },
      from,
      guard: {},
      timers: {},
      events: [],
    }),
  ])
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
})

test('other nodes with a seat get the state before and after in the same step; the node that commits does not', async () => {
  const id = await begin()
  const listener = service.open()
  const published: string[] = []
  for (const node of ['a', 'b']) await listener.ssubscribe(nodeChannel(shardOf(id), node))
  listener.on('smessage', (_channel: string, message: string) => void published.push(message))
  const before = present(await one.store.read(id)).token
  const outcome = await one.commits.apply(id, move('a', 'rock'))
  await expect.poll(() => published.length).toBe(2)
  const [change] = two.store.parse(published[0] ?? '', () => present(one.cache.get(id)).match.setup)
  expect(change).toMatchObject({
    from: before,
    stored: { token: outcome.code === 'changed' && outcome.stored.token, match: { id, version: 2 } },
  })
  // A node that does not know the setup reads the match.
  expect(two.store.parse(published[0] ?? '', () => undefined)).toEqual([{ id }])
  listener.disconnect()
})

test('a message says whether players see the change; they do not see a new connection in a seat that is taken', async () => {
  const id = await begin()
  const listener = service.open()
  const published: string[] = []
  await listener.ssubscribe(nodeChannel(shardOf(id), 'b'))
  listener.on('smessage', (_channel: string, message: string) => void published.push(message))
  await one.commits.apply(id, { type: 'presence', player: 'a', connection: 'a:another', connected: true })
  await one.commits.apply(id, move('a', 'rock'))
  await expect.poll(() => published.length).toBe(2)
  const changes = published.flatMap((message) => one.store.parse(message, () => present(one.cache.get(id)).match.setup))
  expect(changes.map((change) => 'stored' in change && change.visible)).toEqual([false, true])
  listener.disconnect()
})

test('a cache applies only changes that follow on its entry, and drops an entry when it missed a change', async () => {
  const id = await begin()
  await two.store.read(id).then((stored) => two.cache.set(present(stored)))
  const first = await one.commits.apply(id, move('a', 'rock'))
  const second = await one.commits.apply(id, move('b', 'rock'))
  if (first.code !== 'changed' || second.code !== 'changed') throw new Error('not changed')
  two.cache.applyRemote(first.stored.token, second.stored)
  expect(two.cache.get(id)).toBeUndefined()
  two.cache.set(first.stored)
  two.cache.applyRemote(first.stored.token, second.stored)
  expect(two.cache.get(id)?.token).toBe(second.stored.token)
  two.cache.applyRemote('foreign', first.stored)
  expect(two.cache.get(id)).toBeUndefined()
})

test('a commit whose outcome Redis did not report is followed up: if it was carried out, its change is shown', async () => {
  let lose = false
  const failing = matchNode(redis, 'forgetful', {
    wrap: (store) => ({
      ...store,
      async commit(entry) {
        const reply = await store.commit(entry)
        if (lose) throw new Error('Command timed out')
        return reply
      },
    }),
  })
  const id = await begin({}, failing)
  lose = true
  await expect(failing.commits.apply(id, move('a', 'rock'))).rejects.toThrow('Command timed out')
  expect(failing.cache.get(id)).toBeUndefined()
  lose = false
  await expect.poll(() => failing.committed.at(-1)?.stored.match.version, { timeout: 3000 }).toBe(2)
  expect(await failing.commits.apply(id, move('a', 'rock'))).toMatchObject({ code: 'same' })
})

test('due timers are listed by Redis time, and an entry without a match is removed', async () => {
  const id = await begin({ limits: { roundMs: 1 } })
  const shard = shardOf(id)
  await sleep(5)
  await redis.zadd(dueKey(shard), 1000, 'gone')
  expect(await one.store.due(shard, 0, 100)).toContain(id)
  expect(await redis.zscore(dueKey(shard), 'gone')).toBeNull()
  expect(await one.store.due(shard, 60_000, 100)).not.toContain(id)
})

test('after the clock of Redis has stepped back, a timer that begins in the future is found and starts again', async () => {
  const id = await begin({ limits: { roundMs: 4000 } })
  const shard = shardOf(id)
  const from = present(await one.store.read(id))
  // As if the clock had been 40 s ahead when the round was opened and when due timers were last looked for.
  const start = Date.now() + 40_000
  await redis.hset(matchKey(id), { timers: JSON.stringify({ round: { start, ms: 4000 } }), token: 'moved' })
  await redis.zadd(dueKey(shard), start + 4000, id)
  await redis.set(`cq:{${shard}}:clock`, start)
  expect(await one.store.due(shard, 0, 100)).toContain(id)
  expect(await one.commits.apply(id, { type: 'restart' })).toMatchObject({ code: 'changed' })
  const { timers, now, match } = present(await one.store.read(id))
  expect(match.version).toBe(from.match.version + 1)
  expect(present(timers.round).start).toBeLessThanOrEqual(now)
  expect(await one.store.due(shard, 0, 100)).not.toContain(id)
})

test('a Redis at its memory limit writes nothing and publishes nothing, and the caller gets an error', async () => {
  if ('nodes' in redis) return
  const id = await begin()
  const listener = service.open()
  const published: string[] = []
  for (const node of ['a', 'b']) await listener.ssubscribe(nodeChannel(shardOf(id), node))
  listener.on('smessage', (_channel: string, message: string) => void published.push(message))
  await redis.config('SET', 'maxmemory', '1mb')
  try {
    await expect(one.commits.apply(id, move('a', 'rock'))).rejects.toThrow(/OOM/)
  } finally {
    await redis.config('SET', 'maxmemory', '0')
  }
  expect(present(await one.store.read(id)).match.version).toBe(1)
  expect(published).toEqual([])
  expect((await events(id)).map(({ type }) => type)).toEqual(['start'])
  listener.disconnect()
})
