import { afterAll, beforeAll, expect, test } from 'vitest'
import { game } from '../../games/rps/index.ts'
import { nodeChannel } from '../../server/src/keys.ts'
import { createLog } from '../../server/src/log.ts'
import { createMatchCache } from '../../server/src/match/cache.ts'
import { FORMATS } from '../../server/src/match/formats.ts'
import { createMatches, type Matches } from '../../server/src/match/matches.ts'
import { createMatchStore, type Stored } from '../../server/src/match/store.ts'
import { createTransitions } from '../../server/src/match/transitions.ts'
import { createMetrics } from '../../server/src/metrics.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import { specOf } from '../support/match-model.ts'
import { testRedis } from '../support/redis.ts'

// A change that another node committed is shown here, whatever this node knew of it before the message came.

let service: Awaited<ReturnType<typeof testRedis>>
const clients: RedisClient[] = []
/** Matches of a node that dies. */
const MANY = 5000
beforeAll(async () => {
  service = await testRedis()
})
afterAll(async () => {
  await Promise.all(clients.map((client) => client.quit()))
  await service?.close()
})

interface Node {
  matches: Matches
  shown: Stored[]
  /** Messages that have arrived and are not read yet. */
  inbox: string[]
}

async function node(name: string): Promise<Node> {
  const [redis, subscriber] = [service.open(), service.open()]
  clients.push(redis, subscriber)
  const metrics = createMetrics('test')
  const shown: Stored[] = []
  const inbox: string[] = []
  await subscriber.ssubscribe(nodeChannel(3, name))
  subscriber.on('smessage', (_channel: string, message: string) => void inbox.push(message))
  const matches = createMatches({
    store: createMatchStore({ redis, metrics, node: name, formats: FORMATS, retainMs: 60_000 }),
    cache: createMatchCache(10_000),
    transitions: createTransitions(game),
    show: (stored) => void shown.push(stored),
    showHere: (stored) => void shown.push(stored),
    forfeited: async () => undefined,
    continueRematch: async () => undefined,
    format: () => 1,
    metrics,
    log: createLog({ LOG_LEVEL: 'silent', NODE_NAME: 'test' }),
  })
  return { matches, shown, inbox }
}

test('a change that this node has found by itself, through a conflict, is shown when its message comes', async () => {
  const [a, b] = await Promise.all([node('a'), node('b')])
  const id = '3-remote1'
  await a.matches.create(specOf(id, ['a', 'b']), Date.now() + 60_000)
  await expect.poll(() => b.inbox.length).toBe(1)
  for (const message of b.inbox.splice(0)) b.matches.receive(message)
  expect(b.shown.map(({ match }) => match.version)).toEqual([1])
  await a.matches.move(id, 'a', 1, 'rock')
  // The message is still on its way. A repeated move of the same player finds the new state.
  await b.matches.move(id, 'a', 1, 'rock')
  expect(b.shown).toHaveLength(1)
  await expect.poll(() => b.inbox.length).toBe(1)
  for (const message of b.inbox.splice(0)) b.matches.receive(message)
  expect(b.shown.map(({ match }) => match.version)).toEqual([1, 2])
  for (const { matches } of [a, b]) matches.close()
})

test('the opponents of the players of a dead node with 5,000 matches see within two seconds that they are gone', async () => {
  const { matches, shown } = await node('survivor')
  for (let from = 0; from < MANY; from += 500) {
    await Promise.all(
      Array.from({ length: 500 }, (_, index) => {
        const spec = specOf(`${(from + index) % 16}-many${from + index}`, ['a', 'b'])
        return matches.create({ ...spec, connections: ['survivor:socket', 'dead:socket'] }, Date.now() + 60_000)
      }),
    )
  }
  const before = shown.length
  const started = performance.now()
  matches.nodesLost(['dead'])
  await expect.poll(() => shown.length - before, { timeout: 20_000, interval: 10 }).toBe(MANY)
  const took = performance.now() - started
  process.stdout.write(`${MANY} matches of a dead node were marked in ${Math.round(took)} ms\n`)
  expect(took).toBeLessThan(2000)
  expect(shown.slice(before).every(({ match }) => match.seats[1]?.connection === '' && match.status === 'playing')).toBe(true)
  matches.close()
})
