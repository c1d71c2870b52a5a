import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { closeCleanly, startApp } from '../../client-sdk/test/support/app.ts'
import { until } from '../../client-sdk/test/support/until.ts'
import type { WireError } from '../../client-sdk/src/errors.ts'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import type { Service } from '../../tools/services/process.ts'
import { testCluster } from '../support/cluster.ts'
import { http } from '../support/http.ts'
import { login, pair, TestPlayer } from '../support/player.ts'
import { io } from 'socket.io-client'

const busyLoop = fileURLToPath(new URL('../support/busy-loop.ts', import.meta.url))
let cluster: Cluster
let busy: Service
let idle: Service

beforeAll(async () => {
  cluster = await testCluster({ nodes: 1, nginx: true, env: { ROUND_MS: '60000' } })
  ;[idle = expect.unreachable()] = cluster.nodes
  busy = await cluster.addNode({ NODE_OPTIONS: `--import=${busyLoop}`, MAX_EVENT_LOOP_DELAY_MS: '80' })
})
afterAll(() => cluster?.close())

/** The sum over all its labels. */
const metric = async ({ url }: Service, name: string): Promise<number> =>
  [...(await http<string>(`${url}/metrics`)).body.matchAll(new RegExp(`^${name}\\{[^}]*\\} (\\S+)$`, 'gm'))].reduce(
    (sum, [, value]) => sum + Number(value),
    0,
  )
const overloaded = (wanted: number): Promise<unknown> =>
  expect.poll(() => metric(busy, 'caiquan_overloaded'), { timeout: 30_000 }).toBe(wanted)
const toggle = (): void => busy.signal('SIGUSR2')

/** The reply to a handshake straight at a node: null if the client is let in. */
async function refusal(node: Service, name: string): Promise<WireError | null> {
  const { sessionId } = await login(idle.url, name)
  const { promise, resolve } = Promise.withResolvers<WireError | null>()
  const socket = io(node.url, { transports: ['websocket'], forceNew: true, reconnection: false, auth: { sessionId }, timeout: 10_000 })
  socket.on('connect', () => resolve(null))
  socket.on('connect_error', (error) => resolve('data' in error ? (error.data as WireError) : { code: 'internal', message: error.message }))
  const reply = await promise
  socket.disconnect()
  return reply
}

test('a node whose event loop is late refuses new connections with a time to wait, keeps its own, and opens again later', async () => {
  expect(await refusal(busy, 'early')).toBeNull()
  const one = await TestPlayer.join('kept-one', busy.url, {}, idle.url)
  const two = await TestPlayer.join('kept-two', idle.url)
  const id = await pair(one, two, 1)
  toggle()
  await overloaded(1)
  expect(await refusal(busy, 'late')).toMatchObject({ code: 'overloaded', retryAfterMs: expect.any(Number) })
  expect(await refusal(idle, 'late-elsewhere')).toBeNull()
  const ends = await Promise.all([one.play(id, () => 'rock'), two.play(id, () => 'paper')])
  expect(ends.map(({ result }) => result?.reason)).toEqual(['score', 'score'])
  toggle()
  await overloaded(0)
  expect(await refusal(busy, 'again')).toBeNull()
  for (const player of [one, two]) player.close()
})

test('through nginx a new connection reaches another node, though the busy one has the fewest connections', async () => {
  toggle()
  await overloaded(1)
  const players = await Promise.all(
    Array.from({ length: 6 }, (_, index) =>
      TestPlayer.join(`many-${index}`, cluster.info.url, { extraHeaders: { cookie: `cq_node=${idle.name}` } }),
    ),
  )
  const before = await metric(busy, 'caiquan_handshakes_sent_elsewhere_total')
  const apps = Array.from({ length: 4 }, (_, index) => startApp({ name: `new-player-${index}` }))
  const clients = await Promise.all(
    apps.map(async ({ sdk }) => {
      const client = sdk.createGameClient({ url: cluster.info.url })
      await client.connect()
      return client
    }),
  )
  // None of them was refused and had to wait: the first attempt of each succeeded.
  for (const client of clients) expect(client.state).toMatchObject({ status: 'online', failures: 0 })
  // The node replies so when it is asked; nginx does not wait for the reply longer than 0.5 s.
  expect((await http(`${busy.url}/admission`)).status).toBe(403)
  expect(await metric(busy, 'caiquan_handshakes_sent_elsewhere_total')).toBeGreaterThan(before)
  const poller = await TestPlayer.join('new-player-polling', cluster.info.url, { transports: ['polling'], withCredentials: true })
  expect(await metric(idle, 'caiquan_connections')).toBe(players.length + clients.length + 1)
  for (const player of [...players, poller]) player.close()
  for (const [index, app] of apps.entries()) await closeCleanly(app, clients[index] ?? expect.unreachable())
  toggle()
  await overloaded(0)
})

test('when no node accepts clients, the client is told so, waits as long as it is told, and gets in', async () => {
  toggle()
  await overloaded(1)
  const app = startApp({ name: 'patient' })
  const client = app.sdk.createGameClient({ url: cluster.info.url })
  await client.connect()
  await cluster.removeNode(idle)
  // The player's node is gone, and the other one refuses them.
  await until(() => client.state.error?.code === 'overloaded', 'the refusal', 30_000)
  expect(client.state.error).toMatchObject({ temporary: true, retryAfterMs: 2000 })
  toggle()
  await until(() => client.state.status === 'online', 'a free node', 30_000)
  await closeCleanly(app, client)
})
