import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { dueKey, matchKey, onlineHeartbeatsKey, outboxKey, playerMatchKey, shardOf } from '../../server/src/keys.ts'
import { newMatchId } from '../../server/src/ids.ts'
import type { MatchSetup } from '../../server/src/match/match.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import { expectRecorded, recorded } from '../support/records.ts'
import { fieldsOf } from '../../tools/play/outbox-entry.ts'
import { testCluster } from '../support/cluster.ts'
import { http } from '../support/http.ts'
import { pair, TestPlayer } from '../support/player.ts'
import { openRedis } from '../support/redis.ts'

// Nodes of two releases run side by side during every deploy; release 0.1 is the last release that must stop first.

const NEXT_RELEASE = fileURLToPath(new URL('../support/next-release.ts', import.meta.url))
let cluster: Cluster
let redis: RedisClient

beforeAll(async () => {
  cluster = await testCluster({ nodes: 2, env: { ROUND_MS: '60000', DRAIN_MS: '500' } })
  redis = openRedis(cluster)
})
afterAll(async () => {
  await redis?.quit()
  await cluster?.close()
})

let people = 0
const nodeUrl = (): string => cluster.nodes[people % cluster.nodes.length]?.url ?? ''
async function couple(): Promise<{ id: string; players: [TestPlayer, TestPlayer] }> {
  const join = (): Promise<TestPlayer> => {
    people += 1
    return TestPlayer.join(`releases-${people}`, nodeUrl())
  }
  const players: [TestPlayer, TestPlayer] = [await join(), await join()]
  for (const player of players) player.reconnectTo = () => cluster.nodes.find(({ running }) => running)?.url ?? ''
  return { id: await pair(...players, 5), players }
}
const formatOf = async (id: string): Promise<number> => (JSON.parse((await redis.hget(matchKey(id), 'setup')) ?? '{}') as MatchSetup).format

async function playRound(id: string, players: [TestPlayer, TestPlayer]): Promise<void> {
  const view = players[0].current
  if (!view || view.id !== id) throw new Error('no view')
  await Promise.all([players[0].move(view, 'rock'), players[1].move(view, 'scissors')])
  await Promise.all(
    players.map((player) =>
      player.until(() => (player.current?.round ?? 0) > view.round || player.current?.status === 'finished', 'the next round'),
    ),
  )
}

test('a match keeps the format in which it was created, and the next format is used once every live node understands it', async () => {
  const old = await couple()
  expect(await formatOf(old.id)).toBe(1)
  await playRound(old.id, old.players)
  await Promise.all([0, 1].map(() => cluster.addNode({}, NEXT_RELEASE)))
  // Any node may create the matches, while nodes run that know format 1 only.
  const mixed: Awaited<ReturnType<typeof couple>>[] = []
  for (let count = 0; count < 4; count += 1) mixed.push(await couple())
  expect(await Promise.all(mixed.map(({ id }) => formatOf(id)))).toEqual([1, 1, 1, 1])
  for (const { id, players } of mixed) await playRound(id, players)
  await playRound(old.id, old.players)
  for (const node of cluster.nodes.slice(0, 2)) await cluster.removeNode(node)
  expect(cluster.nodes).toHaveLength(2)
  for (const { id, players } of [old, ...mixed]) {
    await Promise.all(players.map((player) => player.connected()))
    await Promise.all(players.map((player) => player.request('match:sync')))
    while (players[0].current?.status === 'playing') await playRound(id, players)
  }
  // The nodes look twice per second which nodes are live.
  await sleep(1000)
  const fresh = await couple()
  expect(await formatOf(fresh.id)).toBe(2)
  while (fresh.players[0].current?.status === 'playing') await playRound(fresh.id, fresh.players)
  const all = [old, ...mixed, fresh]
  const records = await recorded(
    cluster.info.mysql.url,
    all.map(({ id }) => id),
  )
  for (const { id, players } of all) expectRecorded(records, id, players)
  for (const { players } of all) for (const player of players) player.close()
})

test('a node does not start beside nodes of release 0.1, and does once they are gone', async () => {
  const report = (): Promise<unknown> => redis.zadd(onlineHeartbeatsKey, Date.now(), 'a node of release 0.1')
  await report()
  const reporting = setInterval(() => void report(), 500)
  let started = false
  const starting = cluster.addNode().then((node) => {
    started = true
    return node
  })
  await sleep(4000)
  expect(started).toBe(false)
  clearInterval(reporting)
  const node = await starting
  await expect(http(`${node.url}/readyz`)).resolves.toMatchObject({ status: 200 })
  await cluster.removeNode(node)
})

test('the data of release 0.1 does no harm: its rounds are recorded, its matches end, its players are free', async () => {
  people += 1
  const player = await TestPlayer.join(`releases-${people}`, nodeUrl())
  people += 1
  const opponent = await TestPlayer.join(`releases-${people}`, nodeUrl())
  const id = newMatchId(16)
  const outbox = outboxKey(shardOf(id))
  const at = Date.now()
  await redis.hset(matchKey(id), {
    id,
    version: 4,
    status: 'playing',
    round: 2,
    id0: player.player.id,
    id1: opponent.player.id,
    deadlineAt: at - 5000,
  })
  await redis.zadd(dueKey(shardOf(id)), at - 5000, id)
  await redis.set(playerMatchKey(player.player.id), `${id}#pair`)
  await redis.xadd(
    outbox,
    '*',
    ...fieldsOf({ type: 'start', match: id, mode: 'casual', bestOf: 3, player0: player.player.id, player1: opponent.player.id, at }),
  )
  await redis.xadd(
    outbox,
    '*',
    ...fieldsOf({ type: 'round', match: id, round: 1, move0: 'rock', move1: '', winner: '0', reason: 'timeout', at }),
  )
  await redis.xadd(
    outbox,
    '*',
    ...fieldsOf({
      type: 'end',
      match: id,
      mode: 'casual',
      player0: player.player.id,
      player1: opponent.player.id,
      score0: 1,
      score1: 0,
      winner: '0',
      reason: 'no_show',
      at,
    }),
  )
  const records = await recorded(cluster.info.mysql.url, [id])
  expect(records.rounds.get(id)).toMatchObject([{ round: 1, move0: 'rock', move1: null, winner: 0, reason: 'timeout' }])
  await expect.poll(() => redis.zscore(dueKey(shardOf(id)), id), { timeout: 5000 }).toBeNull()
  expect(await player.request('match:sync')).toMatchObject({ match: null })
  expect(await player.request('match:find', { mode: 'casual', bestOf: 1 })).toEqual({ state: 'queued' })
  await opponent.request('match:find', { mode: 'casual', bestOf: 1 })
  await player.until(() => player.current?.status === 'playing', 'a match of this release')
  for (const each of [player, opponent]) each.close()
})

test('a cluster plays one game: a node that is configured for another one reports it and ends', async () => {
  const logs = (): string =>
    readdirSync(join(cluster.dataDir, 'logs'))
      .map((file) => readFileSync(join(cluster.dataDir, 'logs', file), 'utf8'))
      .join('')
  await expect(cluster.addNode({ GAME: 'nonsense' })).rejects.toThrow()
  await redis.set('cq:game', 'another')
  try {
    await expect(cluster.addNode()).rejects.toThrow()
  } finally {
    await redis.set('cq:game', 'rps')
  }
  expect(logs()).toMatch(/there is no game .{0,2}nonsense/)
  expect(logs()).toMatch(/Redis holds matches of .{0,2}another/)
}, 120_000)
