/** An nginx that is about to stop, or that has reloaded, makes the nodes move the sockets that came through it. */
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { startNginx, type Nginx } from '../../tools/services/nginx.ts'
import { takePort, releasePort } from '../../tools/services/ports.ts'
import { leavingNginxKey } from '../../server/src/keys.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import { testCluster } from '../support/cluster.ts'
import { http } from '../support/http.ts'
import { TestPlayer } from '../support/player.ts'
import { openRedis } from '../support/redis.ts'
import { tempDir } from '../support/temp.ts'

const WINDOW_S = 3
/** A node looks for requests twice per second. */
const LATE_MS = 1000

interface Instance extends Nginx {
  name: string
  probes: string
  ports: number[]
}

let cluster: Cluster
let redis: RedisClient
let leaving: Instance
let staying: Instance
const players: TestPlayer[] = []

async function instance(name: string): Promise<Instance> {
  const ports = await Promise.all([takePort(), takePort(), takePort()])
  const [port, httpPort, probePort] = ports
  const nodes = cluster.nodes.map((node) => ({ name: node.name, port: Number(new URL(node.url).port) }))
  const nginx = await startNginx({
    dir: join(tempDir('leaving-nginx'), name),
    name,
    nodes,
    port,
    httpPort,
    probePort,
    leaveSeconds: WINDOW_S,
    handshakesPerSecond: 1000,
  })
  return { ...nginx, name, probes: `http://127.0.0.1:${probePort}`, ports }
}

beforeAll(async () => {
  cluster = await testCluster({ nodes: 2 })
  redis = openRedis(cluster)
  ;[leaving, staying] = await Promise.all([instance('nginx-a'), instance('nginx-b')])
})
afterAll(async () => {
  redis?.disconnect()
  await Promise.all([leaving, staying].map((each) => each?.service.stop()))
  await cluster?.close()
  for (const each of [leaving, staying]) for (const port of each?.ports ?? []) releasePort(port)
})
beforeEach(() => redis.del(leavingNginxKey))
afterEach(() => {
  for (const player of players.splice(0)) player.close()
})

/** The end of a connection: whether its client was notified, when it closed (`performance.now()`), and why. */
interface Seen {
  player: TestPlayer
  notices: { reconnectWithinMs: number }[]
  closed: { at: number; reason: string } | null
}
async function enter(name: string, url: string, headers: Record<string, string> = {}): Promise<Seen> {
  const player = await TestPlayer.join(name, url, { extraHeaders: headers })
  players.push(player)
  const seen: Seen = { player, notices: [], closed: null }
  player.socket.on('server:draining', (event) => seen.notices.push(event))
  player.socket.on('disconnect', (reason) => (seen.closed = { at: performance.now(), reason }))
  return seen
}
const joinAll = (count: number, word: string, url: string, headers?: Record<string, string>): Promise<Seen[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => enter(`${word}-${index}`, url, headers)))
const post = async (url: string, headers: Record<string, string> = {}): Promise<number> =>
  (await http(url, { method: 'POST', headers })).status
const isClosed = ({ closed }: Seen): boolean => closed !== null

test('sockets of an nginx that leaves are closed evenly, whatever header clients send; those of another one or of none stay', async () => {
  const moved = await joinAll(24, 'moved', leaving.url, { 'X-Nginx': staying.name })
  const others = [
    ...(await joinAll(4, 'other', staying.url, { 'X-Nginx': leaving.name })),
    ...(await joinAll(2, 'direct', cluster.nodes[0]?.url ?? '')),
  ]
  const begun = performance.now()
  expect(await post(`${leaving.probes}/leave`)).toBe(202)
  await expect.poll(() => moved.every(isClosed), { timeout: WINDOW_S * 1000 + 2 * LATE_MS, interval: 20 }).toBe(true)
  const times = moved.map(({ closed }) => (closed?.at ?? 0) - begun).sort((a, b) => a - b)
  // Each third of the window closes about a third of the sockets. The first socket closes after the notice that it was given.
  const notice = moved[0]?.notices[0]?.reconnectWithinMs ?? NaN
  const third = (WINDOW_S * 1000 - notice) / 3
  const thirds = [0, 1, 2].map(
    (index) => times.filter((at) => Math.min(2, Math.floor((at - LATE_MS / 4 - notice) / third)) === index).length,
  )
  for (const count of thirds) expect(count, `closed after ${times.map(Math.round).join(', ')} ms`).toBeGreaterThanOrEqual(4)
  expect(times.at(-1)).toBeLessThan(WINDOW_S * 1000 + LATE_MS)
  for (const { notices, closed } of moved) {
    expect(notices).toHaveLength(1)
    expect(notices[0]?.reconnectWithinMs).toBeGreaterThan(0)
    expect(notices[0]?.reconnectWithinMs).toBeLessThan(WINDOW_S * 500)
    // With another reason, Socket.IO would not reconnect.
    expect(closed?.reason).toBe('transport close')
  }
  expect(others.filter((each) => isClosed(each) || each.notices.length > 0)).toEqual([])
})

test('a socket that comes through that nginx within the window is moved too', async () => {
  expect(await post(`${leaving.probes}/leave`)).toBe(202)
  await sleep((WINDOW_S * 1000) / 3)
  const late = await enter('late', leaving.url)
  await expect.poll(() => isClosed(late), { timeout: WINDOW_S * 1000 + LATE_MS }).toBe(true)
})

test('after a reload, the sockets of the old workers are moved; those that came since stay', async () => {
  const before = await joinAll(4, 'before', leaving.url)
  expect(await post(`${leaving.probes}/reloaded`)).toBe(202)
  const since = await joinAll(4, 'since', leaving.url)
  await expect.poll(() => before.every(isClosed), { timeout: WINDOW_S * 1000 + 2 * LATE_MS }).toBe(true)
  await sleep(LATE_MS)
  expect(since.filter(isClosed)).toEqual([])
})

test('a player who waits for an opponent keeps their place', async () => {
  const { player } = await enter('waits', leaving.url)
  player.reconnectTo = () => staying.url
  await player.request('match:find', { mode: 'ranked', bestOf: 1 })
  expect(await post(`${leaving.probes}/leave`)).toBe(202)
  await player.until(() => player.gaps.length === 1, 'the move to the other nginx')
  expect((await player.request('match:sync')).queue).toMatchObject({ mode: 'ranked' })
})

describe('which callers may ask', () => {
  test.each([
    '/nginx/leave',
    '/nginx/reloaded',
    '/nginx',
    '/NGINX/leave',
    '/nginx/leave/',
    '//nginx/leave',
    '/%6eginx/leave',
    '/a/../nginx/leave',
    '/nginx/leave?seconds=1',
    '/nginx%2fleave?seconds=1',
    '/leave',
    '/reloaded',
  ])('a request from outside is refused: %s', async (path) => {
    const query = path.includes('?') ? '' : '?seconds=1'
    for (const method of ['POST', 'GET'])
      expect((await http(`${staying.url}${path}${query}`, { method, headers: { 'X-Nginx': leaving.name } })).status, method).toBe(404)
    expect(await redis.hgetall(leavingNginxKey)).toEqual({})
  })

  test('an nginx can only name itself, and only for a time within limits', async () => {
    const url = `${cluster.nodes[0]?.url}/nginx/leave`
    for (const name of ['', 'a b', '-a', 'a/b', 'a'.repeat(254)])
      expect(await post(`${url}?seconds=5`, { 'X-Nginx': name }), name).toBe(400)
    expect(await post(`${url}?seconds=5`)).toBe(400)
    for (const seconds of ['', '0', '-1', 'x', '3601', '1.5', '5&seconds=6'])
      expect(await post(`${url}?seconds=${seconds}`, { 'X-Nginx': 'a' }), seconds).toBe(400)
    expect(await redis.hgetall(leavingNginxKey)).toEqual({})
    // The header of a client itself has no effect: it is this nginx that asks.
    expect(await post(`${leaving.probes}/leave`, { 'X-Nginx': staying.name })).toBe(202)
    expect(Object.keys(await redis.hgetall(leavingNginxKey))).toEqual([leaving.name])
  })

  test('a request from another machine is refused', async () => {
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
    request(`${leaving.probes}/leave`, { method: 'POST', localAddress: '127.0.0.2' }, (response) => resolve(response.resume().statusCode))
      .once('error', reject)
      .end()
    expect(await promise).toBe(403)
  })

  test('many names cannot fill Redis, and all of them are forgotten', async () => {
    const url = `${cluster.nodes[0]?.url}/nginx/leave?seconds=2`
    const codes = new Set<number>()
    for (let index = 0; index < 103; index += 1) codes.add(await post(url, { 'X-Nginx': `nginx-${index}` }))
    expect(codes).toEqual(new Set([202, 503]))
    expect(await redis.hlen(leavingNginxKey)).toBe(100)
    await expect.poll(() => redis.exists(leavingNginxKey), { timeout: 4000 }).toBe(0)
  })
})

test('an entry itself says how long it is valid, whatever the clock of Redis has done since', async () => {
  const [direct] = await joinAll(1, 'clock', leaving.url)
  const now = Date.now()
  await redis.hset(leavingNginxKey, leaving.name, JSON.stringify({ until: now - 1, windowMs: 1000, before: 0 }))
  await sleep(LATE_MS)
  expect(direct?.notices).toEqual([])
  await redis.hset(leavingNginxKey, leaving.name, JSON.stringify({ until: now + 600_000, windowMs: 1000, before: 0 }))
  await expect.poll(() => direct?.closed, { timeout: 1000 + LATE_MS }).not.toBeNull()
})

test('a node that drains meanwhile continues in its own time', async () => {
  const node = await cluster.addNode({ DRAIN_MS: '2000' })
  const seen = await joinAll(8, 'drains', node.url, { 'X-Nginx': 'nginx-c' })
  expect(await post(`${node.url}/nginx/leave?seconds=30`, { 'X-Nginx': 'nginx-c' })).toBe(202)
  await expect.poll(() => seen.some(({ notices }) => notices.length === 1), { timeout: 10_000 }).toBe(true)
  const stopped = cluster.removeNode(node)
  await sleep(700)
  expect(seen.filter(isClosed).length).toBeLessThan(seen.length)
  await stopped
  expect(seen.every(isClosed)).toBe(true)
  expect(seen.filter(({ notices }) => notices.length > 1).length, 'notified by both').toBeLessThan(seen.length / 2)
})

test('while Redis is away nginx is told to ask again, and afterwards its sockets are moved', async () => {
  const moved = await enter('patient', leaving.url)
  cluster.redis?.signal('SIGSTOP')
  try {
    expect(await post(`${leaving.probes}/leave`)).toBe(503)
  } finally {
    cluster.redis?.signal('SIGCONT')
  }
  await expect.poll(() => post(`${leaving.probes}/leave`), { timeout: 10_000 }).toBe(202)
  await expect.poll(() => isClosed(moved), { timeout: WINDOW_S * 1000 + 2 * LATE_MS }).toBe(true)
})
