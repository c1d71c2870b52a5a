import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BEST_OF, type BestOf } from '../../client-sdk/src/protocol.ts'
import { botTicket } from '../../server/src/matchmaking/matchmaker.ts'
import { createQueue, type Pair, type Queue, type QueueOptions } from '../../server/src/matchmaking/queue.ts'
import { newMatchId } from '../../server/src/ids.ts'
import { waitingKey } from '../../server/src/keys.ts'
import { createMetrics } from '../../server/src/metrics.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import { flush, testRedis } from '../support/redis.ts'

let service: Awaited<ReturnType<typeof testRedis>>
let redis: RedisClient

beforeAll(async () => {
  service = await testRedis()
  redis = service.open()
})
afterAll(async () => {
  await redis?.quit()
  await service?.close()
})

const WINDOW = { base: 100, perSecond: 50, avoidLast: false }
const options = (change: Partial<QueueOptions> = {}): QueueOptions => ({
  ticketTtlMs: 60_000,
  windows: { ranked: WINDOW, casual: { ...WINDOW, avoidLast: true } },
  sweepMs: 2,
  bot: { mode: 'casual', afterMs: 60_000, ticket: botTicket },
  ...change,
})
const metrics = createMetrics('test')

interface Arrival {
  rating: number
  bestOf: BestOf
  /** How long ago the player entered, ms. */
  ago: number
}
const arrivals = fc.array(
  fc.record({
    rating: fc.integer({ min: 800, max: 2400 }),
    bestOf: fc.constantFrom(...BEST_OF),
    ago: fc.constantFrom(0, 0, 500, 4000, 20_000),
  }),
  { minLength: 2, maxLength: 30 },
)

const record = (id: string, rating: number) => ({ id, nickname: id, avatarUrl: '', rating, wins: 0, losses: 0, draws: 0 })

/** Lets all enter, one after the other, and sets back the entry times of the earlier players. */
async function enter(queue: Queue, list: Arrival[]): Promise<Pair[]> {
  const pairs: Pair[] = []
  for (const [index, { rating, bestOf, ago }] of list.entries()) {
    const id = `p${index}`
    const found = await queue.find(
      'ranked',
      { player: record(id, rating), connection: 's', bestOf, options: {}, acceptedAt: 0, last: null },
      newMatchId(4),
    )
    if (found.state === 'pair') pairs.push(found.pair)
    else if (ago > 0) await redis.zincrby(waitingKey('ranked'), -ago, id)
  }
  return pairs
}

async function sweep(queue: Queue): Promise<Pair[]> {
  await new Promise((resolve) => setTimeout(resolve, 3))
  return queue.sweep(
    'ranked',
    Array.from({ length: 50 }, () => newMatchId(4)),
  )
}

const distance = ({ tickets: [one, two] }: Pair): number => Math.abs(one.player.rating - two.player.rating)

test('paired players are within the window of the one who looked; none is paired twice, with themselves, or on other terms', async () => {
  await fc.assert(
    fc.asyncProperty(arrivals, async (list) => {
      await flush(redis)
      const queue = createQueue(redis, metrics, options())
      const atOnce = await enter(queue, list)
      for (const pair of atOnce) expect(distance(pair)).toBeLessThanOrEqual(WINDOW.base + WINDOW.perSecond * 0.5)
      const swept = await sweep(queue)
      const waited = new Map(list.map(({ ago }, index) => [`p${index}`, ago]))
      for (const pair of swept) {
        const longest = Math.max(...pair.tickets.map(({ player }) => waited.get(player.id) ?? 0))
        expect(distance(pair)).toBeLessThanOrEqual(WINDOW.base + WINDOW.perSecond * (longest / 1000 + 0.5))
      }
      const pairedPlayers = [...atOnce, ...swept].flatMap(({ tickets }) => tickets.map(({ player }) => player.id))
      expect(new Set(pairedPlayers).size).toBe(pairedPlayers.length)
      for (const { bestOf, tickets } of [...atOnce, ...swept]) for (const ticket of tickets) expect(ticket.bestOf).toBe(bestOf)
      // No ticket is lost: each is in a pair or still waiting.
      expect(pairedPlayers.length + (await queue.size('ranked'))).toBe(list.length)
    }),
    { numRuns: 300 },
  )
})

test('a new player gets the nearest of all ratings within their window', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 1000, max: 2000 }), { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1000, max: 2000 }),
      async (ratings, own) => {
        await flush(redis)
        // No waiting player looks for an opponent themselves: only the new player does.
        const still = createQueue(
          redis,
          metrics,
          options({ windows: { ranked: { base: 0.1, perSecond: 0.1, avoidLast: false }, casual: WINDOW } }),
        )
        await enter(
          still,
          ratings.map((rating) => ({ rating, bestOf: 3, ago: 0 })),
        )
        const queue = createQueue(redis, metrics, options())
        const found = await queue.find(
          'ranked',
          { player: record('own', own), connection: 's', bestOf: 3, options: {}, acceptedAt: 0, last: null },
          newMatchId(4),
        )
        const nearest = Math.min(...ratings.map((rating) => Math.abs(rating - own)))
        if (found.state === 'pair') expect(distance(found.pair)).toBe(nearest)
        else expect(nearest).toBeGreaterThan(WINDOW.base)
      },
    ),
    { numRuns: 200 },
  )
})

test('no player waits for ever: with time, all but one of each kind of match are paired, however far apart', async () => {
  await fc.assert(
    fc.asyncProperty(arrivals, async (list) => {
      await flush(redis)
      const queue = createQueue(redis, metrics, options())
      await enter(queue, list)
      const waiting = await redis.zrange(waitingKey('ranked'), '0', '-1')
      for (const id of waiting) await redis.zincrby(waitingKey('ranked'), -60_000, id)
      await sweep(queue)
      const left = await redis.zrange(waitingKey('ranked'), '0', '-1')
      const kinds = left.map((id) => list[Number(id.slice(1))]?.bestOf)
      expect(new Set(kinds).size).toBe(kinds.length)
    }),
    { numRuns: 100 },
  )
})

test('two sweeps at once pair no player twice: one of them finds the other at work', async () => {
  const queue = createQueue(redis, metrics, options({ sweepMs: 5000 }))
  await flush(redis)
  await enter(queue, [
    { rating: 1000, bestOf: 3, ago: 30_000 },
    { rating: 2000, bestOf: 3, ago: 30_000 },
  ])
  const results = await Promise.all(Array.from({ length: 5 }, () => queue.sweep('ranked', [newMatchId(4)])))
  expect(results.flat()).toHaveLength(1)
})

test('a player who withdraws while their match is made stays out of the queue if it fails; one who asks again does not', async () => {
  const queue = createQueue(redis, metrics, options())
  const ask = (id: string) =>
    queue.find(
      'ranked',
      { player: record(id, 1500), connection: `socket of ${id}`, bestOf: 3, options: {}, acceptedAt: 0, last: null },
      newMatchId(4),
    )
  const pairUp = async (): Promise<Pair> => {
    await flush(redis)
    await ask('ann')
    const found = await ask('bob')
    return found.state === 'pair' ? found.pair : expect.unreachable()
  }
  const waiting = () => redis.zrange(waitingKey('ranked'), '0', '-1')

  const dropped = await pairUp()
  expect(await queue.cancel('ranked', 'ann', '')).toBe(true)
  await queue.complete(dropped, { free: dropped.tickets, gone: [] })
  expect(await waiting()).toEqual(['bob'])

  const again = await pairUp()
  await queue.cancel('ranked', 'ann', '')
  expect(await ask('ann')).toEqual({ state: 'pairing' })
  await queue.complete(again, { free: again.tickets, gone: [] })
  expect(await waiting()).toEqual(['ann', 'bob'])

  // Also if pairing found the player in another match: that was before they asked.
  const moved = await pairUp()
  await queue.cancel('ranked', 'ann', '')
  await ask('ann')
  await queue.complete(moved, { free: moved.tickets.filter(({ player }) => player.id === 'bob'), gone: [] })
  expect(await waiting()).toEqual(['ann', 'bob'])
  const formed = await pairUp()
  await queue.cancel('ranked', 'ann', '')
  await ask('ann')
  await queue.complete(formed, 'formed')
  expect(await waiting()).toEqual([])

  // A socket that closes removes the ticket that it asked for, and no ticket of another socket.
  const closed = await pairUp()
  expect(await queue.cancel('ranked', 'ann', 'an older socket')).toBe(false)
  expect(await queue.cancel('ranked', 'bob', 'socket of bob')).toBe(true)
  await queue.complete(closed, { free: closed.tickets, gone: [] })
  expect(await waiting()).toEqual(['ann'])
})
