/** The messages that a node loses with a connection to Redis, and how it recovers. */
import { createServer, connect, type Socket } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { ticketsKey } from '../../server/src/keys.ts'
import { testCluster } from '../support/cluster.ts'
import { http } from '../support/http.ts'
import { TestPlayer } from '../support/player.ts'
import { openRedis, testRedis } from '../support/redis.ts'

let service: Awaited<ReturnType<typeof testRedis>>
let cluster: Cluster
let redis: Redis
let proxy: Awaited<ReturnType<typeof proxyTo>>
const nodeUrl = (index: number): string => cluster.info.nodes[index]?.url ?? ''

/** Holds back subscriptions on their way to Redis while it is told to, with everything that follows them on their connection. */
async function proxyTo(target: number) {
  const sockets = new Set<Socket>()
  const held: (() => void)[] = []
  let holding = false
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    let stopped = false
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
    upstream.pipe(client)
    client.on('data', (sent: Buffer) => {
      stopped ||= holding && sent.includes('ssubscribe')
      if (stopped) held.push(() => void ((stopped = false), upstream.write(sent)))
      else upstream.write(sent)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    hold: () => void (holding = true),
    held: () => held.length,
    release() {
      holding = false
      for (const pass of held.splice(0)) pass()
    },
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

beforeAll(async () => {
  service = await testRedis()
  proxy = await proxyTo(Number(new URL(service.url).port))
  cluster = await testCluster({
    nodes: 2,
    redis: { url: `redis://127.0.0.1:${proxy.port}`, pid: service.pid },
    env: {
      REDIS_URL: `redis://127.0.0.1:${proxy.port}`,
      LIMITS: 'match:find=100/100',
      ROUND_MS: '60000',
      DRAIN_MS: '200',
      TICKET_TTL_MS: '20000',
    },
  })
  redis = openRedis({ info: { ...cluster.info, redis: { ...cluster.info.redis, url: service.url } } }) as Redis
})
afterAll(async () => {
  await redis?.quit()
  await cluster?.close()
  proxy?.close()
  await service?.close()
})

afterEach(() => proxy.release())

let people = 0
async function couple(bestOf: 1 | 5): Promise<{ id: string; ann: TestPlayer; bob: TestPlayer }> {
  const ann = await TestPlayer.join(`gaps-${++people}`, nodeUrl(0))
  const bob = await TestPlayer.join(`gaps-${++people}`, nodeUrl(1))
  const { code } = await ann.request('room:create', { bestOf })
  const { id } = (await bob.request('room:join', { code })).match
  await ann.until(() => ann.current?.status === 'playing', 'the opponent')
  return { id, ann, bob }
}
const metric = async (node: number, pattern: RegExp): Promise<number> =>
  Number(pattern.exec((await http<string>(`${nodeUrl(node)}/metrics`)).body)?.[1] ?? 0)
/** Ends connections of a node to Redis, as a network does. */
async function cut(node: number, role: 'subscriber' | 'commands'): Promise<void> {
  const name = cluster.info.nodes[node]?.name ?? ''
  const clients = ((await redis.client('LIST')) as string).split('\n').filter((line) => line.includes(`name=${name}:${role}`))
  expect(clients.length).toBeGreaterThan(0)
  for (const line of clients) await redis.client('KILL', 'ID', /\bid=(\d+)/.exec(line)?.[1] ?? '')
}

test('a match is shown once the subscriptions of its player are in force, not before', async () => {
  const { id, ann, bob } = await couple(5)
  ann.reconnectTo = () => nodeUrl(0)
  proxy.hold()
  ann.socket.io.engine.close()
  await ann.until(() => !ann.socket.connected, 'the loss')
  const seen = ann.views.length
  await ann.connected()
  // Less than the second that a node waits.
  await sleep(500)
  expect(proxy.held()).toBeGreaterThan(0)
  expect(ann.views.slice(seen)).toEqual([])
  proxy.release()
  await ann.until(() => ann.views.length > seen, 'the match', 2000)
  expect(ann.current?.id).toBe(id)
  ann.close()
  bob.close()
})

test('a change that is published while a node is not subscribed is shown as soon as the node is subscribed again', async () => {
  const { id, ann, bob } = await couple(5)
  for (let round = 1; round <= 3; round += 1) {
    const received = /^caiquan_messages_received_total\{[^}]*\} (\d+)$/m
    // The node's own round lasts a minute: only the gap itself tells the node that something is missing.
    proxy.hold()
    await cut(1, 'subscriber')
    await expect.poll(proxy.held, { timeout: 3000 }).toBeGreaterThan(0)
    const before = await metric(1, received)
    const { version } = await ann.request('match:move', { matchId: id, round, move: 'rock' })
    await sleep(200)
    expect(await metric(1, received)).toBe(before)
    expect(bob.current?.version).not.toBe(version)
    proxy.release()
    await bob.until(() => bob.current?.version === version, 'the move of the opponent', 3000)
    await bob.request('match:move', { matchId: id, round, move: 'rock' })
    await Promise.all([ann, bob].map((person) => person.until(() => person.current?.round === round + 1, 'the next round', 3000)))
  }
  ann.close()
  bob.close()
})

test('a node forgets ended matches with its connection to Redis, because the Redis that replaces it may not know of the end', async () => {
  const { id, ann, bob } = await couple(1)
  await Promise.all([
    ann.request('match:move', { matchId: id, round: 1, move: 'rock' }),
    bob.request('match:move', { matchId: id, round: 1, move: 'scissors' }),
  ])
  await Promise.all([ann, bob].map((person) => person.until(() => person.current?.status === 'finished', 'the end')))
  const reads = (): Promise<number> => metric(0, /^caiquan_script_seconds_count\{[^}]*script="match_read"[^}]*\} (\d+)$/m)
  const find = async (): Promise<number> => {
    const before = await reads()
    expect(await ann.request('match:find', { mode: 'casual', bestOf: 1 })).toEqual({ state: 'queued' })
    await ann.request('match:cancel')
    return (await reads()) - before
  }
  expect(await find()).toBe(0)
  await cut(0, 'commands')
  await expect.poll(async () => (await http(`${nodeUrl(0)}/readyz`)).status, { timeout: 5000 }).toBe(200)
  await expect.poll(async () => (await ann.ask('match:sync')).ok, { timeout: 5000 }).toBe(true)
  expect(await find()).toBeGreaterThan(0)
  ann.close()
  bob.close()
})

test('a node that shuts down leaves the tickets of its players where they are', async () => {
  const ann = await TestPlayer.join(`gaps-${++people}`, nodeUrl(0))
  const leaving = await TestPlayer.join(`gaps-${++people}`, nodeUrl(0))
  for (const player of [ann, leaving])
    expect(await player.request('match:find', { mode: player === ann ? 'casual' : 'ranked', bestOf: 3 })).toEqual({ state: 'queued' })
  const queued = async (): Promise<string[]> =>
    (await Promise.all((['casual', 'ranked'] as const).map((mode) => redis.hkeys(ticketsKey(mode))))).flat()
  expect((await queued()).sort()).toEqual([ann, leaving].map(({ player }) => player.id).sort())
  await cluster.nodes[0]?.stop()
  expect((await queued()).sort()).toEqual([ann, leaving].map(({ player }) => player.id).sort())
  ann.close()
  leaving.close()
})
