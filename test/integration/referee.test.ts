import * as fc from 'fast-check'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BEST_OF, MOVES, type BestOf, type Move, type PublicPlayer } from '../../client-sdk/src/protocol.ts'
import { claimPort } from '../../ops/services/ports.ts'
import { startRedis } from '../../ops/services/redis.ts'
import type { Service } from '../../ops/services/process.ts'
import { createReferee, type Referee, type Verdict } from '../../server/game/referee.ts'
import * as rules from '../../server/game/rules.ts'
import { viewOf, type Fact, type MatchState } from '../../server/game/state.ts'
import { dueKey, matchKey, outboxKey, shardOf } from '../../server/keys.ts'
import { createMetrics } from '../../server/metrics.ts'
import { factOf } from '../../server/record/facts.ts'

let dir: string
let service: Service
let redis: Redis
let referee: Referee

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'caiquan-referee-'))
  service = await startRedis({ dir, port: await claimPort() })
  redis = new Redis(service.url)
  referee = createReferee(redis, createMetrics('test'), 'test')
})
afterAll(async () => {
  await redis?.quit()
  await service?.stop()
  rmSync(dir, { recursive: true, force: true })
})

const playerOf = (id: string): PublicPlayer => ({ id, nickname: `名字 ${id}`, avatarUrl: '', rating: 1500, wins: 0, losses: 0, draws: 0 })
const ROUND_MS = 60_000
const limitsOf = (bestOf: BestOf) => ({ roundMs: ROUND_MS, maxRounds: bestOf * 3, maxMissed: 2, botMinMs: 10, botMaxMs: 30 })
let matches = 0
const newId = (): string => `${matches % 16}-test${++matches}`

function specOf(bestOf: BestOf): rules.NewMatch {
  return {
    id: newId(),
    mode: 'casual',
    bestOf,
    code: 'ABCDEF',
    seat: { player: playerOf('a'), connection: 'socket-a', bot: false },
    limits: limitsOf(bestOf),
    waitMs: ROUND_MS,
  }
}

/** A request that a client, a timer or a late node may make, in or out of place. */
type Request =
  | { type: 'join'; player: string }
  | { type: 'move'; player: string; roundOffset: number; move: Move }
  | { type: 'expire'; roundOffset: number; due: 'no' | 'bot' | 'round'; botMove: Move }
  | { type: 'rematch'; player: string }
  | { type: 'leave'; player: string }
  | { type: 'presence'; player: string; connection: string; connected: boolean }

const player = fc.constantFrom('a', 'b', 'stranger')
const roundOffset = fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: -2, max: 2 }) })
const request: fc.Arbitrary<Request> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ type: fc.constant('join' as const), player: fc.constantFrom('a', 'b', 'b', 'stranger') }) },
  { weight: 14, arbitrary: fc.record({ type: fc.constant('move' as const), player, roundOffset, move: fc.constantFrom(...MOVES) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('expire' as const), roundOffset, due: fc.constantFrom('no' as const, 'bot' as const, 'round' as const), botMove: fc.constantFrom(...MOVES) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('rematch' as const), player }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('leave' as const), player }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('presence' as const), player, connection: fc.constantFrom('socket-a', 'socket-b', 'other'), connected: fc.boolean() }),
  },
)
/** What follows may repeat what was: duplicates are the rule on a bad network. */
const requests = fc.array(fc.record({ request, times: fc.constantFrom(1, 1, 1, 2, 3) }), { minLength: 1, maxLength: 40 })

const nextOf = (id: string): string => `${id}next`

async function askScript(id: string, round: number, asked: Request): Promise<Verdict> {
  switch (asked.type) {
    case 'join':
      return referee.join(id, { player: playerOf(asked.player), connection: `socket-${asked.player}`, bot: asked.player === 'bot' }, 'token')
    case 'move':
      return referee.move(id, asked.player, round + asked.roundOffset, asked.move)
    case 'expire':
      return referee.expire(id, round + asked.roundOffset, asked.botMove)
    case 'rematch':
      return referee.rematch(id, asked.player, nextOf(id))
    case 'leave':
      return referee.leave(id, asked.player)
    case 'presence':
      return referee.presence(id, asked.player, asked.connection, asked.connected)
  }
}

function askModel(state: MatchState, asked: Request, now: number): rules.Outcome {
  switch (asked.type) {
    case 'join':
      return rules.join(state, { player: playerOf(asked.player), connection: `socket-${asked.player}`, bot: asked.player === 'bot' }, now)
    case 'move':
      return rules.move(state, asked.player, state.round + asked.roundOffset, asked.move, now)
    case 'expire':
      return rules.expire(state, state.round + asked.roundOffset, asked.botMove, now)
    case 'rematch':
      return rules.rematch(state, asked.player, nextOf(state.id))
    case 'leave':
      return rules.leave(state, asked.player, now)
    case 'presence':
      return rules.presence(state, asked.player, asked.connection, asked.connected)
  }
}

/** A bot that is not meant to move yet. */
const FAR = 8_000_000_000_000
const overdue = (state: MatchState, what: 'bot' | 'round'): MatchState => ({
  ...state,
  ...(what === 'round' ? { deadlineAt: 1000 } : {}),
  ...(state.botAt === null ? {} : { botAt: 1000 }),
})

test('the scripts and the model are the same game, view by view and fact by fact', async () => {
  const seen = new Map<string, number>()
  const property = fc.asyncProperty(fc.constantFrom(...BEST_OF), fc.constantFrom('nobody', 'b', 'bot'), requests, async (bestOf, second, sequence) => {
    const spec = specOf(bestOf)
    const shard = shardOf(spec.id)
    const created = await referee.create(spec, 60_000)
    let model = rules.create(spec, created.now)
    expect(created).toEqual({ code: 'ok', now: created.now, state: model })
    const facts: Fact[] = []
    const steps = sequence.flatMap(({ request, times }) => Array.from({ length: times }, () => request))
    if (second !== 'nobody') steps.unshift({ type: 'join', player: second })
    for (const asked of steps) {
      if (asked.type === 'expire' && asked.due !== 'no' && model.deadlineAt !== null) {
        // The times are moved, not the clock: Redis TIME stays the judge.
        model = overdue(model, asked.due)
        await redis.hset(matchKey(spec.id), { deadlineAt: model.deadlineAt ?? '', botAt: model.botAt ?? '' })
      } else if (model.botAt !== null) {
        model = { ...model, botAt: FAR }
        await redis.hset(matchKey(spec.id), 'botAt', FAR)
      }
      const verdict = await askScript(spec.id, model.round, asked)
      const outcome = askModel(model, asked, verdict.now)
      expect({ code: verdict.code, state: verdict.state }, JSON.stringify(asked)).toEqual({ code: outcome.code, state: outcome.state })
      if (asked.type === 'expire' && outcome.code === 'ok' && outcome.state.seats[1]?.bot) seen.set('bot moved', 1)
      if (outcome.state.next) seen.set('rematch agreed', 1)
      seen.set(`${asked.type} ${outcome.code}`, (seen.get(`${asked.type} ${outcome.code}`) ?? 0) + 1)
      if (verdict.state) expect(viewOf(verdict.state, verdict.now)).toEqual(viewOf(outcome.state, verdict.now))
      const hidden = JSON.stringify({ ...viewOf(outcome.state, verdict.now), lastRound: null })
      for (const move of MOVES) expect(hidden).not.toContain(move)
      model = outcome.state
      facts.push(...outcome.facts)
    }
    const entries = await redis.xrange(outboxKey(shard), '-', '+')
    expect(entries.map(factOf)).toEqual(facts)
    expect((await redis.zscore(dueKey(shard), spec.id)) === null).toBe(model.status === 'finished' && model.next === null)
    await redis.del(outboxKey(shard), matchKey(spec.id), dueKey(shard))
  })
  await fc.assert(property, { numRuns: 2000 })
  // A generator that no longer reaches a case would make this test silent about it.
  for (const reached of [
    'join ok', 'join same', 'join room_full', 'join room_closed',
    'move ok', 'move same', 'move stale_round', 'move already_moved', 'move not_your_match', 'move match_not_playing', 'move match_finished',
    'expire ok', 'expire same', 'expire early', 'leave ok', 'leave same', 'leave not_your_match', 'presence ok', 'presence same',
    'rematch ok', 'rematch same', 'rematch match_running', 'rematch not_your_match', 'rematch room_closed', 'rematch agreed', 'bot moved',
  ]) expect([...seen.keys()]).toContain(reached)
}, 300_000)

test('a match that nobody joined is closed by its deadline and leaves no fact', async () => {
  const spec = specOf(3)
  await referee.create(spec, 60_000)
  await redis.hset(matchKey(spec.id), 'deadlineAt', 1000)
  const verdict = await referee.expire(spec.id, 0, 'rock')
  expect(verdict).toMatchObject({ code: 'ok', state: { status: 'finished', result: null } })
  expect(await redis.xlen(outboxKey(shardOf(spec.id)))).toBe(0)
})

test('a move after the deadline is refused even before anybody has closed the round', async () => {
  const spec = specOf(3)
  await referee.create(spec, 60_000)
  await referee.join(spec.id, { player: playerOf('b'), connection: 'socket-b', bot: false }, 'token')
  await redis.hset(matchKey(spec.id), 'deadlineAt', 1000)
  expect(await referee.move(spec.id, 'a', 1, 'rock')).toMatchObject({ code: 'stale_round', state: { seats: [{ move: null }, { move: null }] } })
})

test('twenty nodes that close the same round at once close it once', async () => {
  const spec = specOf(3)
  await referee.create(spec, 60_000)
  await referee.join(spec.id, { player: playerOf('b'), connection: 'socket-b', bot: false }, 'token')
  await redis.hset(matchKey(spec.id), 'deadlineAt', 1000)
  const verdicts = await Promise.all(Array.from({ length: 20 }, () => referee.expire(spec.id, 1, 'rock')))
  expect(verdicts.filter(({ code }) => code === 'ok')).toHaveLength(1)
  const rounds = (await redis.xrange(outboxKey(shardOf(spec.id)), '-', '+')).map(factOf).filter(({ type, match }) => type === 'round' && match === spec.id)
  expect(rounds).toHaveLength(1)
})

test('a claim that was overtaken cannot take its seat any more', async () => {
  const spec = specOf(3)
  await referee.create(spec, 60_000)
  expect(await referee.bar(spec.id, 'a', 'late')).toMatchObject({ code: 'in_match' })
  expect(await referee.bar(spec.id, 'b', 'late')).toMatchObject({ code: 'ok' })
  const seat = { player: playerOf('b'), connection: 'socket-b', bot: false }
  expect(await referee.join(spec.id, seat, 'late')).toMatchObject({ code: 'room_closed', state: { status: 'waiting' } })
  expect(await referee.join(spec.id, seat, 'fresh')).toMatchObject({ code: 'ok', state: { status: 'playing' } })
})

test('a match that is formed in one step is the same as one that is made step by step; whoever may be elsewhere is not taken', async () => {
  const second = { player: playerOf('b'), connection: 'n:socket-b', bot: false }
  const [apart, once] = [specOf(3), specOf(3)]
  const claimOf = (player: string, left?: string) => ({ key: `cq:player:${player}:match`, place: `${once.id}#pair`, ms: 60_000, ...(left === undefined ? {} : { left }) })
  await referee.create(apart, 60_000)
  const joined = await referee.join(apart.id, second, 'pair')
  await redis.set(claimOf('a').key, 'ended#pair')
  await redis.del(claimOf('b').key)
  expect(await referee.form(once, 60_000, second, [claimOf('a'), claimOf('b')])).toBeNull()
  expect(await referee.form(once, 60_000, second, [claimOf('a', 'other#pair'), claimOf('b')])).toBeNull()
  expect(await redis.exists(matchKey(once.id), claimOf('b').key)).toBe(0)
  const formed = await referee.form(once, 60_000, second, [claimOf('a', 'ended#pair'), claimOf('b')])
  const like = ({ state, now }: { state: MatchState | null; now: number }) => ({ ...state, id: '', startedAt: now - (state?.startedAt ?? 0), deadlineAt: (state?.deadlineAt ?? 0) - now })
  if (!formed) throw new Error('not formed')
  expect(like(formed)).toEqual(like(joined))
  expect(await redis.mget(claimOf('a').key, claimOf('b').key)).toEqual([`${once.id}#pair`, `${once.id}#pair`])
  const hashes = await Promise.all([apart, once].map(({ id }) => redis.hgetall(matchKey(id))))
  const own = { id: '', deadlineAt: '', startedAt: '' }
  expect({ ...hashes[1], ...own }).toEqual({ ...hashes[0], ...own })
  expect(await redis.zscore(dueKey(shardOf(once.id)), once.id)).toBe(`${formed.state.deadlineAt}`)
  const facts = (await redis.xrange(outboxKey(shardOf(once.id)), '-', '+')).map(factOf).filter(({ match }) => match === once.id)
  expect(facts).toMatchObject([{ type: 'start', players: ['a', 'b'], at: formed.now }])
  // Whoever comes to the pair a second time finds it made.
  expect(await referee.form(once, 60_000, second, [claimOf('a'), claimOf('b')])).toBeNull()
})

test('what is overdue is listed with its round, by Redis time', async () => {
  const spec = specOf(3)
  await referee.create(spec, 60_000)
  await referee.join(spec.id, { player: playerOf('b'), connection: 'socket-b', bot: false }, 'token')
  const shard = shardOf(spec.id)
  expect(await referee.overdue(shard, 0, 10)).toEqual([])
  await redis.zadd(dueKey(shard), 1000, spec.id)
  await redis.zadd(dueKey(shard), 1000, 'gone')
  expect(await referee.overdue(shard, 0, 10)).toEqual([{ match: spec.id, round: 1 }])
  expect(await redis.zscore(dueKey(shard), 'gone')).toBeNull()
})

test('a room that is not confirmed closes by itself; one that is waits on', async () => {
  const [lost, kept] = [{ ...specOf(3), waitMs: 60 }, { ...specOf(3), waitMs: 60 }]
  for (const spec of [lost, kept]) await referee.create(spec, 60_000)
  expect(await referee.confirm(kept.id, 60_000)).toMatchObject({ code: 'same', state: { status: 'waiting' } })
  await new Promise((resolve) => setTimeout(resolve, 80))
  expect(await referee.expire(kept.id, 0, 'rock')).toMatchObject({ code: 'early' })
  expect(await referee.expire(lost.id, 0, 'rock')).toMatchObject({ code: 'ok' })
  expect(await referee.confirm(lost.id, 60_000)).toMatchObject({ code: 'room_closed' })
})
