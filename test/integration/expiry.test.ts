/** The node that has a deadline tries it again without a sweep if it could not be carried out. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { game } from '../../games/rps/index.ts'
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

let service: Awaited<ReturnType<typeof testRedis>>
let redis: RedisClient
let matches: Matches
const shown: Stored[] = []
/** Commits of timers fail from now on. */
let failures = 0
let failed = 0

beforeAll(async () => {
  service = await testRedis()
  redis = service.open()
  const metrics = createMetrics('test')
  const store = createMatchStore({ redis, metrics, node: 'node1', formats: FORMATS, retainMs: 60_000 })
  matches = createMatches({
    store: {
      ...store,
      async commit(entry) {
        if (entry.guard.notBefore !== undefined && failures > 0) {
          failures -= 1
          failed += 1
          throw new Error('Command timed out')
        }
        return store.commit(entry)
      },
    },
    cache: createMatchCache(100),
    transitions: createTransitions(game),
    show: (stored) => void shown.push(stored),
    showHere: () => undefined,
    forfeited: async () => undefined,
    continueRematch: async () => undefined,
    format: () => Math.max(...FORMATS.keys()),
    metrics,
    log: createLog({ LOG_LEVEL: 'silent', NODE_NAME: 'test' }),
  })
})
afterAll(async () => {
  matches?.close()
  await redis?.quit()
  await service?.close()
})

test('a round is closed even if Redis refused to end it three times', async () => {
  failures = 3
  const { match } = await matches.create(specOf('0-expiry', ['a', 'b'], { limits: { roundMs: 100, maxMissed: 9 } }), Date.now() + 60_000)
  const last = () => shown.findLast((stored) => stored.match.id === match.id)?.match
  await expect.poll(() => last()?.round, { timeout: 6000 }).toBeGreaterThan(match.round)
  expect(failed).toBe(3)
  expect(last()?.lastRound).toMatchObject({ winner: null, reason: 'timeout' })
})
