/** A Redis Cluster loses a primary in the middle of matches, and with it the last writes, which no replica had. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MatchView, Move } from '../../client-sdk/src/protocol.ts'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { startRedisCluster, type RedisCluster } from '../../tools/services/redis-cluster.ts'
import { expectTallies, recorded } from '../support/records.ts'
import { testCluster } from '../support/cluster.ts'
import { duel, expectDuelRecorded, type Duel } from '../support/duels.ts'
import { pick, randomOf } from '../support/random.ts'
import { redisEnv } from '../support/redis.ts'
import { tempDir } from '../support/temp.ts'

const DUELS = 24
const RESUMED_MS = 15_000
/** The primary replies to players for this long before it dies, while its replica gets nothing. */
const UNREPLICATED_MS = 800
const MOVES: [Move, Move, Move] = ['rock', 'paper', 'scissors']

let redis: RedisCluster
let cluster: Cluster

beforeAll(async () => {
  redis = await startRedisCluster({ dir: tempDir('failover'), replicas: 1 })
  cluster = await testCluster({
    nodes: 3,
    nginx: true,
    redis: { url: redis.url, pid: 0 },
    env: { ...redisEnv(redis.url), MAX_ROUNDS_FACTOR: '40' },
  })
})
afterAll(async () => {
  await cluster?.close()
  await redis?.close()
})

test('a primary dies and its replica takes over: play resumes by itself, and every lost move is made again', async () => {
  const duels: Duel[] = []
  for (let index = 0; index < DUELS; index += 4) {
    duels.push(
      ...(await Promise.all(
        [0, 1, 2, 3].map((more) => duel(cluster.info.url, [`failover-${index + more}-a`, `failover-${index + more}-b`], index + more)),
      )),
    )
  }
  let over = false
  const games = duels.flatMap((players, index) =>
    players.map((player, side) => {
      const random = randomOf(index * 2 + side)
      const choose = async ({ round }: MatchView<unknown>): Promise<Move> => {
        await sleep(200 + random() * 500)
        if (over) return side === 0 ? 'rock' : 'scissors'
        // Every round is drawn, so that the match continues; the move differs each time.
        return pick(randomOf(index * 1000 + round), MOVES)
      }
      return player.play(choose, 120_000)
    }),
  )
  await sleep(3000)

  const [primary, , , replica] = redis.nodes
  if (!primary || !replica) throw new Error('six nodes are needed')
  const client = new Redis(primary.url)
  replica.pause()
  await client.call('CLIENT', 'KILL', 'TYPE', 'replica')
  await sleep(UNREPLICATED_MS)
  client.disconnect()
  await primary.kill()
  const died = performance.now()
  replica.resume()

  await Promise.all(
    duels
      .flat()
      .map((player) =>
        expect.poll(() => player.decidedAt.some((at) => at > died), { timeout: RESUMED_MS + 5000, interval: 100 }).toBe(true),
      ),
  )
  const resumed = duels.flat().map(({ decidedAt }) => (decidedAt.find((at) => at > died) ?? Infinity) - died)
  // The player who waited longest plays a few more rounds, so that the test also sees the time after a fail-over.
  await sleep(4000)
  over = true
  const ends = await Promise.all(games)
  const players = duels.flat()
  const lost = players.reduce((sum, player) => sum + player.lost.size, 0)
  process.stdout.write(
    `fail-over: play resumed after ${Math.round(Math.max(...resumed))} ms; ${lost} acknowledged moves were lost and made again\n`,
  )

  expect(Math.max(...resumed)).toBeLessThan(RESUMED_MS)
  expect(lost, 'or this proves nothing').toBeGreaterThan(0)
  expect(new Set(ends.map(({ result }) => result?.reason))).toEqual(new Set(['score']))
  const ids = duels.map(
    ([
      {
        client: { match },
      },
    ]) => match?.id ?? '',
  )
  const records = await recorded(cluster.info.mysql.url, ids)
  for (const each of duels) expectDuelRecorded(records, each)
  await expectTallies(cluster.info.mysql.url)
  await Promise.all(players.map((player) => player.close()))
})
