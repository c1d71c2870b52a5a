/** A Redis Cluster gets another shape in the middle of matches. */
import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Move } from '../../client-sdk/src/protocol.ts'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { findProgram } from '../../tools/services/programs.ts'
import { startRedisCluster, type RedisCluster } from '../../tools/services/redis-cluster.ts'
import { expectTallies, recorded } from '../support/records.ts'
import { testCluster } from '../support/cluster.ts'
import { duel, expectDuelRecorded } from '../support/duels.ts'
import { quantile } from '../../tools/play/figures.ts'
import { redisEnv } from '../support/redis.ts'
import { tempDir } from '../support/temp.ts'

const DUELS = 12
let redis: RedisCluster
let cluster: Cluster

beforeAll(async () => {
  redis = await startRedisCluster({ dir: tempDir('resharding') })
  cluster = await testCluster({
    nodes: 2,
    nginx: true,
    redis: { url: redis.url, pid: 0 },
    env: { ...redisEnv(redis.url), MAX_ROUNDS_FACTOR: '40', ROUND_MS: '5000' },
  })
})
afterAll(async () => {
  await cluster?.close()
  await redis?.close()
})

test('all slots of a primary are moved to another one: no round is missed, and no player is cut off', async () => {
  const duels = await Promise.all(
    Array.from({ length: DUELS }, (_, index) => duel(cluster.info.url, [`reshard-${index}-a`, `reshard-${index}-b`], index)),
  )
  let over = false
  const games = duels.flatMap((players) =>
    players.map((player, side) =>
      player.play(async (): Promise<Move> => {
        await sleep(300)
        return over && side === 1 ? 'scissors' : 'rock'
      }, 120_000),
    ),
  )
  await sleep(1000)
  const [from, to] = redis.nodes
  if (!from || !to) throw new Error('two primaries are needed')
  const idOf = async (url: string): Promise<string> => {
    const client = new Redis(url)
    const id = String(await client.call('CLUSTER', 'MYID'))
    client.disconnect()
    return id
  }
  const [source, target] = [await idOf(from.url), await idOf(to.url)]
  const options = ['--cluster-from', source, '--cluster-to', target, '--cluster-slots', '5462', '--cluster-yes']
  await promisify(execFile)(findProgram('redis-cli'), ['--cluster', 'reshard', new URL(to.url).host, ...options], {
    maxBuffer: 64 * 1024 * 1024,
  })
  const client = new Redis(to.url)
  const slots = await client.cluster('SLOTS')
  expect(new Set(slots.map((range) => range[2]?.[1])).size, 'primaries left').toBe(2)
  client.disconnect()
  const moved = performance.now()
  await sleep(3000)
  const players = duels.flat()
  for (const { name, decidedAt } of players)
    expect(
      decidedAt.some((at) => at > moved),
      `${name} continues`,
    ).toBe(true)
  over = true
  const ends = await Promise.all(games)
  const pauses = players.flatMap(({ decidedAt }) => decidedAt.slice(1).map((at, index) => at - (decidedAt[index] ?? at)))
  process.stdout.write(
    `resharding: ${players.length} players saw ${pauses.length} rounds, ` +
      `p50 ${Math.round(quantile(pauses, 0.5))} ms apart, longest ${Math.round(quantile(pauses, 1))} ms\n`,
  )
  expect(new Set(ends.map(({ result }) => result?.reason))).toEqual(new Set(['score']))
  const records = await recorded(
    cluster.info.mysql.url,
    ends.map(({ id }) => id),
  )
  for (const each of duels) expectDuelRecorded(records, each)
  for (const { id } of ends) for (const { reason } of records.rounds.get(id) ?? []) expect(reason).toBe('moves')
  await expectTallies(cluster.info.mysql.url)
  expect(players.flatMap(({ gaps }) => gaps)).toEqual([])
  await Promise.all(players.map((player) => player.close()))
})
