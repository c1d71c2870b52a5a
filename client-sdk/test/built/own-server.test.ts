import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Server } from 'socket.io'
import type { CreateConnectionOptions } from '../../src/connection/create.ts'
import type { Connection } from '../../src/connection/types.ts'
import { startApp, type App } from '../support/app.ts'
import { until } from '../support/until.ts'

/** `createConnection` against a Socket.IO server that is not ours, with its default options. */
let io: Server
let url: string
let app: App
let connection: Connection
let connections: number
let handshakes: number

beforeEach(async () => {
  const http = createServer()
  io = new Server(http, { serveClient: false })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  connections = handshakes = 0
  io.use((_, next) => {
    handshakes++
    next()
  })
  io.on('connection', () => void connections++)
})
afterEach(async () => {
  connection.close()
  await until(() => app.phone.timersRunning === 0 && app.host.listeners === 0, 'nothing left')
  expect(app.phone.faults).toEqual([])
  await io.close()
})

function open(options: Partial<CreateConnectionOptions> = {}): Connection {
  app = startApp({ name: 'x', closeEvents: 'always' })
  connection = app.sdk.createConnection({ url, ...options })
  return connection
}
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const cut = (): void => {
  for (const socket of io.sockets.sockets.values())
    (socket.conn.transport as unknown as { socket: { terminate(): void } }).socket.terminate()
}
/** Replies to `name` after `ms`, and counts how often it runs. */
function handler(name: string, ms: number): { runs: number } {
  const count = { runs: 0 }
  io.on('connection', (socket) =>
    socket.on(name, (...args: unknown[]) => {
      count.runs++
      setTimeout(() => (args.at(-1) as (reply: unknown) => void)({ ok: true, data: count.runs }), ms)
    }),
  )
  return count
}

describe('an error', () => {
  test('of an acknowledgement arrives as the server sent it', async () => {
    const error = { code: 'out_of_stock', message: 'none left', details: { left: 0 } }
    io.on('connection', (socket) => socket.on('order', (_, ack: (reply: unknown) => void) => ack({ ok: false, error })))
    await expect(open().request('order', {})).rejects.toMatchObject({ ...error, temporary: false })
  })
  test('with the name of one of the client’s own is still the server’s: nothing is repeated because of it', async () => {
    let runs = 0
    io.on('connection', (socket) =>
      socket.on('order', (_, ack: (reply: unknown) => void) => {
        runs++
        ack({ ok: false, error: { code: 'timeout' } })
      }),
    )
    await expect(open().request('order', {}, { repeat: true })).rejects.toMatchObject({ code: 'timeout', fromServer: true })
    expect([runs, connections]).toEqual([1, 1])
  })
  test('is the result of an acknowledgement of another shape', async () => {
    io.on('connection', (socket) => socket.on('order', (_, ack: (reply: unknown) => void) => ack('thanks')))
    await expect(open().request('order', {})).rejects.toMatchObject({ code: 'bad_reply', temporary: false })
  })
})

describe('a refused handshake', () => {
  const refusals: [string, () => Error][] = [
    ['as the documentation shows it', () => new Error('invalid token')],
    ['with a code', () => Object.assign(new Error('x'), { data: { code: 'token_expired' } })],
    ['with data of another kind', () => Object.assign(new Error('x'), { data: { type: 'UnauthorizedError' } })],
  ]
  test.each(refusals)('%s asks for new credentials', async (_, refusal) => {
    let valid = 'old'
    let token = 'old'
    io.use((socket, next) => (socket.handshake.auth['token'] === valid ? next() : next(refusal())))
    open({
      auth: () => ({ token }),
      refused: () => {
        token = valid
      },
    })
    await connection.connect()
    valid = 'new'
    cut()
    await until(() => connections === 2 && connection.state.status === 'online', 'online with the new token')
  })
  test('is not repeated with a dead token for ever', async () => {
    io.use((_, next) => next(new Error('invalid token')))
    open({ auth: () => ({ token: 'dead' }), timing: { minDelayMs: 10, maxDelayMs: 20 } })
    await expect(connection.connect()).rejects.toMatchObject({ code: 'refused', message: 'invalid token' })
    await until(() => connection.state.status === 'closed', 'the end')
    expect(connection.state).toMatchObject({ reason: 'refused', error: { code: 'refused' } })
    expect(handshakes).toBe(5)
    await pause(100)
    expect(handshakes).toBe(5)
  })
  test('ends the connection at once, or never, if the app says so', async () => {
    io.use((_, next) => next(new Error('go away')))
    open({ refused: () => 'stop' })
    await expect(connection.connect()).rejects.toMatchObject({ code: 'refused' })
    expect([connection.state.status, handshakes]).toEqual(['closed', 1])
    const persistent = app.sdk.createConnection({
      url,
      refused: () => Promise.resolve('wait' as const),
      timing: { minDelayMs: 5, maxDelayMs: 10 },
    })
    void persistent.connect()
    await until(() => handshakes > 8, 'more than five attempts')
    expect(persistent.state.status).toBe('connecting')
    persistent.close()
  })
  test('by a server that is only in trouble says nothing against the credentials', async () => {
    let asked = 0
    io.use((_, next) => (handshakes < 4 ? next(Object.assign(new Error('full'), { data: { code: 'full', temporary: true } })) : next()))
    open({ refused: () => void asked++, timing: { minDelayMs: 5, maxDelayMs: 10 } })
    void connection.connect()
    await until(() => connection.state.status === 'online', 'online')
    expect(asked).toBe(0)
  })
})

test('`auth` that never settles is given up and called again', async () => {
  let asked = 0
  open({ auth: () => (++asked === 1 ? new Promise<object>(() => undefined) : {}), timing: { requestTimeoutMs: 100, minDelayMs: 10 } })
  await expect(connection.connect()).rejects.toMatchObject({ code: 'timeout' })
  await until(() => connection.state.status === 'online', 'online')
  expect(asked).toBe(2)
})

describe('time', () => {
  test('that is too short for a caller does not count against the connection', async () => {
    handler('slow', 300)
    const other = handler('other', 400)
    open()
    await connection.connect()
    const running = connection.request('other', {})
    await expect(connection.request('slow', {}, { timeoutMs: 50 })).rejects.toMatchObject({ code: 'timeout' })
    await running
    expect([connections, other.runs]).toEqual([1, 1])
  })
  test('that a handler takes is its own: it runs once, and the connection is kept', async () => {
    const slow = handler('pay', 900)
    open({ timing: { ackTimeoutMs: 200 } })
    expect(await connection.request('pay', {}, { timeoutMs: 5000 })).toBe(1)
    expect([connections, slow.runs]).toEqual([1, 1])
  })
  test('in which another request gets a reply does not count as silence', async () => {
    io.on('connection', (socket) => socket.on('never', () => undefined))
    handler('ping', 0)
    open({ timing: { ackTimeoutMs: 200 } })
    await connection.connect()
    const never = connection.request('never', {}, { timeoutMs: 300 })
    await connection.request('ping', {})
    await expect(never).rejects.toMatchObject({ code: 'timeout' })
    await pause(150)
    expect(connections).toBe(1)
  })
  test('of an acknowledgement that passes without a reply costs the connection', async () => {
    io.on('connection', (socket) => socket.on('never', () => undefined))
    open({ timing: { ackTimeoutMs: 100 } })
    await expect(connection.request('never', {}, { timeoutMs: 150 })).rejects.toMatchObject({ code: 'timeout' })
    await until(() => connections === 2, 'a new connection')
    expect(connection.state.failures).toBe(1)
  })
  test('after which a request is repeated, and whether it is, is set by the caller', async () => {
    let runs = 0
    io.on('connection', (socket) =>
      socket.on('once', (_, ack: (reply: unknown) => void) => void (++runs > 1 && ack({ ok: true, data: runs }))),
    )
    open()
    expect(await connection.request('once', {}, { repeat: true, ackTimeoutMs: 100 })).toBe(2)
    runs = 0
    await expect(connection.request('once', {}, { timeoutMs: 300 })).rejects.toMatchObject({ code: 'timeout' })
    expect(runs).toBe(1)
  })
  test('that is no number, or longer than a timer allows, is harmless', async () => {
    handler('ping', 0)
    open({ timing: { connectTimeoutMs: undefined, ackTimeoutMs: NaN, minDelayMs: -5, requestTimeoutMs: 1e12, longAbsenceMs: Infinity } })
    await connection.connect()
    expect(await connection.request('ping', {}, { timeoutMs: 1e12 })).toBe(1)
    expect(await connection.request('ping', {}, { timeoutMs: NaN })).toBe(2)
  })
  test('that a server asks for is not shortened because it is very long', async () => {
    io.use((_, next) => next(Object.assign(new Error('x'), { data: { code: 'overloaded', retryAfterMs: 30 * 86_400_000 } })))
    open()
    await expect(connection.connect()).rejects.toMatchObject({ code: 'overloaded' })
    await pause(300)
    expect(handshakes).toBe(1)
  })
})

describe('a probe', () => {
  test.each([
    ['an error of the server', { ok: false, error: { code: 'rate_limited' } }],
    ['anything at all', 'pong'],
  ])('with the reply %s shows that the connection lives', async (_, reply) => {
    io.on('connection', (socket) => socket.on('ping!', (ack: (reply: unknown) => void) => ack(reply)))
    let asked = 0
    open({
      probe: (link) => {
        asked++
        return link.request('ping!', undefined, 200)
      },
    })
    await connection.connect()
    for (let i = 0; i < 50; i++) void connection.connect()
    await pause(300)
    // Once, and once more for all calls that came while the reply was in flight.
    expect([asked, connections]).toEqual([2, 1])
  })
  test('that never settles is given up, and the connection with it', async () => {
    open({ probe: () => new Promise(() => undefined), timing: { probeTimeoutMs: 100 } })
    await connection.connect()
    void connection.connect()
    await until(() => connections === 2, 'a new connection')
  })
})

test('the query of the URL reaches the server, and no hint is sent that was not requested', async () => {
  const queries: unknown[] = []
  io.on('connection', (socket) => queries.push(socket.handshake.query))
  open({ url: `${url}/?room=7` })
  await connection.connect()
  expect(queries[0]).toMatchObject({ room: '7' })
  expect(queries[0]).not.toHaveProperty('attempt')
})

test('`retries` of `io` is honoured', async () => {
  let runs = 0
  io.on('connection', (socket) => socket.on('order', (_: unknown, ack: () => void) => void (++runs > 2 && ack())))
  open()
  const socket = app.sdk.io(url, { transports: [app.sdk.WxTransport], retries: 5, ackTimeout: 50, forceNew: true })
  ;(socket.emit as unknown as (event: string, value: object) => void).call(socket, 'order', {})
  await until(() => runs === 3, 'sent again until it was acknowledged')
  socket.disconnect()
})
