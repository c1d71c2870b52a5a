import { afterAll, beforeAll, expect, test } from 'vitest'
import type { OnlineReply } from '../../client-sdk/src/protocol.ts'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { nodesKey } from '../../server/src/keys.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import { testCluster } from '../support/cluster.ts'
import { http } from '../support/http.ts'
import { pair, TestPlayer } from '../support/player.ts'
import { openRedis } from '../support/redis.ts'

let cluster: Cluster
let redis: RedisClient

beforeAll(async () => {
  cluster = await testCluster({ nodes: 3 })
  redis = openRedis(cluster)
})
afterAll(async () => {
  await redis?.quit()
  await cluster?.close()
})

const online = (url: string): Promise<OnlineReply> => http<OnlineReply>(`${url}/api/online`).then(({ body }) => body)
const everywhere = (): Promise<OnlineReply[]> => Promise.all(cluster.nodes.filter(({ running }) => running).map(({ url }) => online(url)))
const nodeOf = (index: number) => {
  const node = cluster.nodes[index]
  if (!node) throw new Error(`no node ${index}`)
  return node
}
/** How many nodes have renewed their entry within two seconds. */
const live = async (): Promise<number> =>
  Object.values(await redis.hgetall(nodesKey)).filter((entry) => Number.parseInt(entry, 10) > Date.now() - 2000).length
const gauge = async (url: string, name: string): Promise<number> => {
  const { body } = await http<string>(`${url}/metrics`)
  return Number(new RegExp(`^${name}\\{[^}]*\\} (\\S+)$`, 'm').exec(body)?.[1])
}

test('every node says how many players are online in the whole cluster and how many matches run', async () => {
  const players = await Promise.all([0, 0, 1, 1, 2].map((node, index) => TestPlayer.join(`online-${index}`, nodeOf(node).url)))
  await expect.poll(everywhere, { timeout: 5000 }).toEqual(Array.from({ length: 3 }, () => ({ players: 5, matches: 0 })))

  const [one, two, three] = players
  if (!one || !two || !three) throw new Error('three players are needed')
  const id = await pair(one, two)
  await three.request('room:create', {})
  await expect.poll(everywhere, { timeout: 5000 }).toEqual(Array.from({ length: 3 }, () => ({ players: 5, matches: 2 })))
  expect(await gauge(nodeOf(2).url, 'caiquan_players_online')).toBe(5)
  expect(await gauge(nodeOf(2).url, 'caiquan_matches_open')).toBe(2)

  await one.request('match:leave', { matchId: id })
  for (const player of players.slice(2)) player.close()
  await expect.poll(everywhere, { timeout: 5000 }).toEqual(Array.from({ length: 3 }, () => ({ players: 2, matches: 1 })))
  for (const player of players) player.close()
  await expect.poll(everywhere, { timeout: 5000 }).toEqual(Array.from({ length: 3 }, () => ({ players: 0, matches: 1 })))
})

test('asking often is cheap: a node counts once per second at most', async () => {
  const node = nodeOf(0).url
  const counts = async (): Promise<number> => {
    const { body } = await http<string>(`${node}/metrics`)
    return Number(/^caiquan_script_seconds_count\{[^}]*script="registry_renew"[^}]*\} (\d+)$/m.exec(body)?.[1])
  }
  const before = await counts()
  const start = performance.now()
  for (let wave = 0; wave < 10; wave += 1) await Promise.all(Array.from({ length: 20 }, () => online(node)))
  const seconds = (performance.now() - start) / 1000
  // One count per second for requests, two by the node itself, and some more at both ends.
  expect((await counts()) - before).toBeLessThanOrEqual(seconds * 3 + 5)
})

test('the players of a node that died stop counting soon, and the node that takes its place does not count them', async () => {
  const gone = await TestPlayer.join('online-gone', nodeOf(1).url)
  const stays = await TestPlayer.join('online-stays', nodeOf(0).url)
  await expect.poll(() => online(nodeOf(0).url), { timeout: 5000 }).toMatchObject({ players: 2 })
  await nodeOf(1).kill()
  await expect.poll(() => online(nodeOf(0).url), { timeout: 3500 }).toMatchObject({ players: 1 })
  await expect.poll(live, { timeout: 3000 }).toBe(2)
  await nodeOf(1).start()
  await expect.poll(live, { timeout: 5000 }).toBe(3)
  expect(await online(nodeOf(1).url)).toMatchObject({ players: 1 })
  gone.close()
  stays.close()
})

test('a node that shuts down removes itself at once', async () => {
  const node = await cluster.addNode()
  const player = await TestPlayer.join('online-drained', node.url)
  await expect.poll(live, { timeout: 5000 }).toBe(4)
  await expect.poll(() => online(nodeOf(0).url), { timeout: 5000 }).toMatchObject({ players: 1 })
  player.closed = true
  await cluster.removeNode(node)
  expect(await live()).toBe(3)
})

test('while Redis is away the reply is "unavailable", and afterwards the numbers come back by themselves', async () => {
  const player = await TestPlayer.join('online-outage', nodeOf(0).url)
  player.reconnectTo = () => nodeOf(0).url
  await cluster.redis?.kill()
  await expect
    .poll(() => http(`${nodeOf(2).url}/api/online`), { timeout: 5000 })
    .toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } })
  await cluster.redis?.start()
  await expect.poll(everywhere, { timeout: 10_000 }).toEqual(Array.from({ length: 3 }, () => ({ players: 1, matches: expect.any(Number) })))
  player.close()
})
