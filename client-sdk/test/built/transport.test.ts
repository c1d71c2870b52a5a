import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import type { IoOptions, IoSocket } from '../../src/transport/io.ts'
import { startApp, type App } from '../support/app.ts'
import { startEcho, type EchoServer } from '../support/echo-server.ts'
import { assertDefined } from '../support/assert-defined.ts'
import { until } from '../support/until.ts'

interface Echoes {
  echo: (value: unknown, ack: (value: unknown) => void) => void
  binary: (data: unknown, ack: (data: ArrayBuffer) => void) => void
  never: (ack: () => void) => void
}
type EchoSocket = IoSocket<Record<string, never>, Echoes>

let server: EchoServer
let app: App
const sockets: EchoSocket[] = []

beforeAll(async () => {
  server = await startEcho()
})
afterAll(() => server.close())
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.disconnect()
  await until(() => app.host.tasks.every((task) => !task.alive), 'every native socket closed')
  await until(() => app.phone.timersRunning === 0, 'no timer left')
  expect(app.phone.faults).toEqual([])
})

function open(options: IoOptions = {}, url = server.url): EchoSocket {
  const { io, WxTransport } = app.sdk
  const socket = io<Record<string, never>, Echoes>(url, {
    transports: [WxTransport],
    forceNew: true,
    reconnectionDelay: 20,
    reconnectionDelayMax: 40,
    ...options,
  })
  sockets.push(socket)
  return socket
}
const connected = (socket: EchoSocket): Promise<void> => new Promise((resolve) => socket.once('connect', resolve))
const failed = (socket: EchoSocket): Promise<Error & { description?: unknown }> =>
  new Promise((resolve) => socket.once('connect_error', resolve))

describe('WxTransport under the official io', () => {
  test('acknowledgements, time-outs and namespaces work as documented', async () => {
    app = startApp({ name: 'a' })
    const socket = open()
    await connected(socket)
    expect(await socket.emitWithAck('echo', { deep: ['石头', '剪刀', '布'] })).toEqual({ deep: ['石头', '剪刀', '布'] })
    await expect(socket.timeout(30).emitWithAck('never')).rejects.toThrow('timed out')
    const other = open({}, `${server.url}/other`)
    await connected(other)
    expect(await other.emitWithAck('echo', 1)).toBe(1)
  })

  test('binary data goes both ways, of every view its own bytes', async () => {
    app = startApp({ name: 'a' })
    const socket = open()
    await connected(socket)
    const memory = Uint8Array.from({ length: 64 }, (_, i) => i)
    const views = [
      memory.buffer.slice(0, 3),
      memory.subarray(10, 13),
      new Uint16Array(memory.buffer, 20, 2),
      new DataView(memory.buffer, 40, 1),
      new Uint8Array(0),
    ]
    const echoes: number[][] = []
    for (const data of views) {
      const echo = await socket.emitWithAck('binary', data)
      expect(Object.prototype.toString.call(echo)).toBe('[object ArrayBuffer]')
      echoes.push([...new Uint8Array(echo)])
    }
    expect(echoes).toEqual([[0, 1, 2], [10, 11, 12], [20, 21, 22, 23], [40], []])
    expect(server.received.slice(-5)).toEqual(echoes)
  })

  test('every option of wx.connectSocket reaches it', async () => {
    app = startApp({ name: 'a' })
    const socket = open({
      extraHeaders: { 'X-One': '1' },
      timeout: 4321,
      transportOptions: {
        websocket: {
          header: { 'X-Two': '2' },
          protocols: ['game.v1'],
          tcpNoDelay: true,
          perMessageDeflate: false,
          forceCellularNetwork: false,
        },
      },
    })
    await connected(socket)
    expect(assertDefined(app.host.tasks[0]).call).toMatchObject({
      header: { 'X-One': '1', 'X-Two': '2' },
      protocols: ['game.v1'],
      tcpNoDelay: true,
      perMessageDeflate: false,
      forceCellularNetwork: false,
      timeout: 4321,
    })
    expect(server.headers.at(-1)).toMatchObject({ 'x-one': '1', 'x-two': '2', 'sec-websocket-protocol': 'game.v1' })
  })

  test('and no option that was not given', async () => {
    app = startApp({ name: 'a' })
    await connected(open())
    const { url, success: _success, fail: _fail, ...rest } = assertDefined(app.host.tasks[0]).call
    expect(url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/socket\.io\/\?EIO=4&transport=websocket$/)
    expect(rest).toEqual({})
  })

  test("a fail of wx.connectSocket is a connect_error at once, in WeChat's own words", async () => {
    app = startApp({ name: 'a' })
    app.host.domainAllowed = false
    const begun = Date.now()
    const socket = open()
    const error = await failed(socket)
    expect(error.message).toBe('connectSocket:fail url not in domain list')
    expect(error.description).toMatchObject({ errno: 600002 })
    expect(Date.now() - begun).toBeLessThan(500)
    app.host.domainAllowed = true
    await connected(socket)
  })

  test('wx.connectSocket that throws is a connect_error too', async () => {
    app = startApp({ name: 'a' })
    const { connectSocket } = app.host.wx
    app.host.wx.connectSocket = () => {
      throw new Error('connectSocket is not a function of this plugin')
    }
    const socket = open()
    expect((await failed(socket)).message).toBe('connectSocket is not a function of this plugin')
    app.host.wx.connectSocket = connectSocket
    await connected(socket)
  })

  test('closing while it connects throws nothing and leaks no native socket', async () => {
    app = startApp({ name: 'a' })
    for (let ms = 0; ms < 30; ms++) {
      const socket = open()
      await new Promise((resolve) => setTimeout(resolve, ms % 6))
      socket.disconnect()
    }
    await until(() => app.host.tasks.every((task) => !task.alive), 'every native socket closed')
    const last = open()
    await connected(last)
  })

  test('reconnection continues after a connect time-out', async () => {
    app = startApp({ name: 'a' })
    app.host.blackhole = true
    const socket = open({ timeout: 60 })
    expect((await failed(socket)).message).toBe('timeout')
    expect((await failed(socket)).message).toBe('timeout')
    app.host.blackhole = false
    await connected(socket)
  })

  test('a socket that dies without an event is found dead by the next send', async () => {
    app = startApp({ name: 'a', closeEvents: 'never' })
    const socket = open()
    await connected(socket)
    app.phone.dropSockets()
    const lost = new Promise<string>((resolve) => socket.once('disconnect', resolve))
    socket.emit('never', () => undefined)
    expect(await lost).toBe('transport error')
    await connected(socket)
  })

  test('a close before the handshake is an error at once, not a time-out later', async () => {
    app = startApp({ name: 'a' })
    const rude = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    rude.on('connection', (ws) => ws.close())
    await new Promise((resolve) => rude.once('listening', resolve))
    const begun = Date.now()
    const socket = open({ reconnection: false }, `http://127.0.0.1:${(rude.address() as AddressInfo).port}`)
    await failed(socket)
    expect(Date.now() - begun).toBeLessThan(1000)
    rude.close()
  })
})

test("WxTransport works with the official package's own io as well", async () => {
  app = startApp({ name: 'a' })
  const { io } = await import('socket.io-client')
  const socket = io(server.url, { transports: [app.sdk.WxTransport], forceNew: true })
  await new Promise<void>((resolve) => socket.once('connect', resolve))
  expect(await socket.emitWithAck('echo', 'hello')).toBe('hello')
  expect(app.host.tasks).toHaveLength(1)
  socket.disconnect()
})
