/** Tests the limits that a whole node reaches only slowly, on a bare Socket.IO server. */
import { createServer, type Server as HttpServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Server } from 'socket.io'
import { io as connect } from 'socket.io-client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createLimiter } from '../../server/src/limits.ts'
import { createLog } from '../../server/src/log.ts'
import { createMetrics, type Metrics } from '../../server/src/metrics.ts'
import { limitConnections } from '../../server/src/realtime/connection-limits.ts'
import type { GameServer } from '../../server/src/realtime/types.ts'
import { frame, rawWebSocket } from '../support/raw-websocket.ts'

const UNAUTHENTICATED_MS = 400

let http: HttpServer
let io: GameServer
let metrics: Metrics
let url: string

beforeEach(async () => {
  http = createServer()
  io = new Server(http, { maxHttpBufferSize: 1_000_000, connectTimeout: 2_147_483_647 })
  metrics = createMetrics('test')
  limitConnections({
    io,
    http,
    addressOf: (request) => String(request.headers['x-address'] ?? 'somebody'),
    limiter: createLimiter(100),
    handshakesPerMinute: 30,
    unauthenticatedPerAddress: 5,
    unauthenticatedMs: UNAUTHENTICATED_MS,
    maxConnections: 1000,
    metrics,
    log: createLog({ LOG_LEVEL: 'silent', NODE_NAME: 'test' }),
  })
  io.use((socket, next) => {
    const { sessionId } = socket.handshake.auth as { sessionId?: string }
    if (!sessionId) return next(new Error('unauthorized'))
    socket.data.player = { id: sessionId } as never
    next()
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
})
afterEach(async () => {
  await io.close()
  http.closeAllConnections()
})

const cuts = async (reason: string): Promise<number> =>
  (await metrics.connectionsCut.get()).values.find(({ labels }) => labels.reason === reason)?.value ?? 0

test('a client that does not read is closed before its unread output is large', async () => {
  const client = await rawWebSocket(url, 'reader')
  client.socket.pause()
  const [socket = expect.unreachable()] = io.sockets.sockets.values()
  let made = 0
  // Bytes in the buffers of the kernel are not memory of this process.
  for (let i = 0; i < 2000 && socket.connected; i += 1) {
    socket.emit('player', { text: 'x'.repeat(50_000) } as never)
    made += 50_000
    if (i % 10 === 0) await sleep(1)
  }
  expect(socket.connected).toBe(false)
  expect(made).toBeLessThan(30_000_000)
  expect(await cuts('unread')).toBe(1)
})

test('a long-polling client that does not poll is closed likewise', async () => {
  const client = connect(url, { transports: ['polling'], auth: { sessionId: 'poller' }, reconnection: false, forceNew: true })
  await new Promise((resolve) => client.once('connect', () => resolve(null)))
  const [socket = expect.unreachable()] = io.sockets.sockets.values()
  for (let i = 0; i < 40 && socket.connected; i += 1) socket.emit('player', { text: 'x'.repeat(50_000) } as never)
  expect(socket.connected).toBe(false)
  expect(await cuts('unread')).toBe(1)
  client.disconnect()
})

test('a client that reads gets as much as it likes', async () => {
  const client = connect(url, { transports: ['websocket'], auth: { sessionId: 'greedy' }, reconnection: false, forceNew: true })
  await new Promise((resolve) => client.once('connect', () => resolve(null)))
  const [socket = expect.unreachable()] = io.sockets.sockets.values()
  let got = 0
  client.on('player', () => (got += 1))
  for (let i = 0; i < 200; i += 1) {
    socket.emit('player', { text: 'x'.repeat(50_000) } as never)
    await sleep(1)
  }
  await expect.poll(() => got).toBe(200)
  client.disconnect()
})

test('a client that shows no session in time is closed; a client that has shown one is not, until it has left', async () => {
  const stranger = await rawWebSocket(url)
  const player = await rawWebSocket(url, 'player')
  await sleep(UNAUTHENTICATED_MS + 200)
  expect(stranger.closed()).toBe(true)
  expect(player.closed()).toBe(false)
  // The client leaves the namespace and keeps the connection.
  player.send('41')
  await sleep(UNAUTHENTICATED_MS + 200)
  expect(player.closed()).toBe(true)
  expect(await cuts('unauthenticated')).toBe(2)
})

test('a refused session does not extend the time', async () => {
  const stranger = await rawWebSocket(url)
  for (let i = 0; i < 5; i += 1) {
    stranger.send('40{"sessionId":""}')
    await sleep(100)
  }
  await sleep(100)
  expect(stranger.received()).toContain('unauthorized')
  expect(stranger.closed()).toBe(true)
})

const handshake = (address: string) => fetch(`${url}/socket.io/?EIO=4&transport=polling`, { headers: { 'x-address': address } })

test('one address holds only so many connections without a session, and other addresses are not affected', async () => {
  const codes = []
  for (let i = 0; i < 7; i += 1) codes.push((await handshake('many')).status)
  expect(codes).toEqual([200, 200, 200, 200, 200, 503, 503])
  expect((await handshake('elsewhere')).status).toBe(200)
  await sleep(UNAUTHENTICATED_MS + 100)
  expect((await handshake('many')).status).toBe(200)
})

test('connections that show their session do not count towards that limit', async () => {
  const clients = []
  for (let i = 0; i < 8; i += 1) clients.push(await rawWebSocket(url, `player-${i}`))
  for (const client of clients) {
    expect(client.closed()).toBe(false)
    client.socket.destroy()
  }
})

test('handshakes that never show a session count too, and so do requests of connections that do not exist', async () => {
  const codes = new Set<number>()
  for (let i = 0; i < 70; i += 1)
    codes.add((await fetch(`${url}/socket.io/?EIO=4&transport=polling&sid=nobody${i}`, { headers: { 'x-address': 'guesser' } })).status)
  expect([...codes]).toEqual([400, 429])
})

test.each([['40/nope,'], ['40/admin?x=1,{"sessionId":"a"}'], ['40//,']])(
  '%s, a CONNECT to a namespace that does not exist, closes the connection at once, with a session and without',
  async (packet) => {
    for (const session of ['visitor', undefined]) {
      const client = await rawWebSocket(url, session)
      client.send(packet)
      await expect.poll(() => client.closed()).toBe(true)
      expect(client.received()).not.toContain('Invalid namespace')
    }
  },
)

test('a packet of very many values is not parsed; a long text or a few values are parsed', async () => {
  const many = await rawWebSocket(url, 'many-values')
  many.send(`42["x",${'['.repeat(200_000)}${']'.repeat(200_000)}]`)
  await expect.poll(() => many.closed()).toBe(true)
  expect(await cuts('values')).toBe(1)
  const long = await rawWebSocket(url, 'long-text')
  const [socket = expect.unreachable()] = io.sockets.sockets.values()
  const received = new Promise((resolve) => socket.onAny((event: string, text: string) => resolve([event, text.length])))
  long.send(`42["x","${'x'.repeat(400_000)}"]`)
  expect(await received).toEqual(['x', 400_000])
  long.socket.destroy()
})

test.each([['ping'], ['pong']] as const)('a %s of WebSocket is a packet, however small', async (kind) => {
  const client = await rawWebSocket(url, `frames-${kind}`)
  client.socket.write(Buffer.concat(Array.from({ length: 1100 }, () => frame('', kind))))
  await expect.poll(() => client.closed(), { timeout: 3000 }).toBe(true)
  expect(await cuts('packets')).toBe(1)
})

test('a second CONNECT of a connection that has its session closes it', async () => {
  const client = await rawWebSocket(url, 'twice')
  client.send('40{"sessionId":"other"}')
  await expect.poll(() => client.closed(), { timeout: 8000 }).toBe(true)
  expect(io.sockets.sockets.size).toBe(0)
})

test('a connection that was closed in order and never confirms the close is cut, and its input meanwhile costs nothing', async () => {
  const client = await rawWebSocket(url, 'clinging')
  const [socket = expect.unreachable()] = io.sockets.sockets.values()
  socket.conn.close()
  const block = Buffer.concat(Array.from({ length: 1000 }, () => frame('42["x"]')))
  let sent = 0
  for (let i = 0; i < 2000 && !client.closed(); i += 1) {
    if (client.socket.writableLength < 1_000_000) {
      client.socket.write(block)
      sent += block.length
    }
    await sleep(1)
  }
  expect(client.closed()).toBe(true)
  expect(sent).toBeLessThan(20_000_000)
})
