import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { SocketLike } from '../../src/connection/link.ts'
import { startApp, type App } from '../support/app.ts'
import { MINI_PROGRAM_FILE } from '../support/built.ts'
import { startEcho, type EchoServer } from '../support/echo-server.ts'
import { assertDefined } from '../support/assert-defined.ts'
import { loadInPhone } from '../support/realm.ts'
import { until } from '../support/until.ts'
import { WEAPP_FILE } from '../support/weapp.ts'

/** Every line of the README's comparison with weapp.socket.io 3.0.0, observed on both sides. */
let server: EchoServer
let app: App
beforeAll(async () => {
  server = await startEcho()
})
afterAll(() => server.close())
beforeEach(() => {
  app = startApp({ name: 'a', closeEvents: 'never' })
})

type Io = (url: string, options?: object) => SocketLike & { connected: boolean; emitWithAck?: unknown; timeout?: unknown }
const weapp = (): Io => loadInPhone(WEAPP_FILE, app.phone, app.host.wx) as Io
const ours = (): Io => (url, options) => app.sdk.io(url, { transports: [app.sdk.WxTransport], ...options })

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const connected = (socket: ReturnType<Io>): Promise<void> => until(() => socket.connected, 'connected')
/** Whether the event comes within `ms`, and its argument. */
const eventOf = (socket: SocketLike, event: string, ms: number): Promise<string | null> =>
  Promise.race([
    new Promise<string>((resolve) => socket.on(event, (detail: { message?: string }) => resolve(detail.message || event))),
    pause(ms).then(() => null),
  ])

describe('closing while it connects', () => {
  test('weapp.socket.io throws, and leaks the native socket', async () => {
    const socket = weapp()(server.url)
    expect(() => socket.disconnect()).toThrow('closed before the connection was established')
    await pause(200)
    expect(app.host.tasks.filter((task) => task.alive)).toHaveLength(1)
    app.phone.off()
  })
  test('ours does neither', async () => {
    const socket = ours()(server.url)
    socket.disconnect()
    await until(() => app.host.tasks.every((task) => !task.alive), 'closed')
    expect(app.phone.faults).toEqual([])
  })
})

describe('a connect time-out', () => {
  const options = { timeout: 50, reconnectionDelay: 20 }
  test('weapp.socket.io throws in a timer, and never tries again', async () => {
    app.host.blackhole = true
    const socket = weapp()(server.url, options)
    const error = eventOf(socket, 'connect_error', 300)
    expect(await error).toBeNull()
    expect(String(app.phone.faults[0])).toContain('closed before the connection was established')
    app.host.blackhole = false
    await pause(500)
    expect(socket.connected).toBe(false)
    app.phone.off()
  })
  test('ours reports it, and tries again', async () => {
    app.host.blackhole = true
    const socket = ours()(server.url, options)
    expect(await eventOf(socket, 'connect_error', 300)).toBe('timeout')
    app.host.blackhole = false
    await connected(socket)
    socket.disconnect()
  })
})

describe('a domain that is not on the list', () => {
  test('weapp.socket.io reports nothing', async () => {
    app.host.domainAllowed = false
    expect(await eventOf(weapp()(server.url), 'connect_error', 500)).toBeNull()
    app.phone.off()
  })
  test('ours reports it at once, in WeChat’s words', async () => {
    app.host.domainAllowed = false
    const socket = ours()(server.url)
    expect(await eventOf(socket, 'connect_error', 500)).toBe('connectSocket:fail url not in domain list')
    socket.disconnect()
  })
})

describe('binary data', () => {
  const send = async (socket: ReturnType<Io>): Promise<number[][]> => {
    await connected(socket)
    const before = server.received.length
    socket.emit('binary', Uint8Array.from([7, 8, 9]).subarray(1), () => undefined)
    await pause(200)
    socket.disconnect()
    return server.received.slice(before)
  }
  test('weapp.socket.io loses a typed array', async () => {
    expect(await send(weapp()(server.url))).toEqual([])
  })
  test('ours sends exactly its bytes', async () => {
    expect(await send(ours()(server.url))).toEqual([[8, 9]])
  })
})

describe('after the background, where the socket died without an event', () => {
  test('weapp.socket.io keeps the dead connection', async () => {
    const socket = weapp()(server.url)
    await connected(socket)
    app.phone.hide()
    app.phone.dropSockets()
    app.phone.show()
    await pause(500)
    expect(socket.connected).toBe(true)
    expect(app.host.tasks).toHaveLength(1)
    app.phone.off()
  })
  test('ours has a new one', async () => {
    const connection = app.sdk.createConnection({ url: server.url, timing: { longAbsenceMs: 0 } })
    await connection.connect()
    app.phone.hide()
    app.phone.dropSockets()
    app.phone.show()
    await until(() => app.host.tasks.length === 2 && connection.up, 'a new connection', 500)
    connection.close()
  })
})

describe('after a change of network', () => {
  test('weapp.socket.io keeps the old connection', async () => {
    const socket = weapp()(server.url)
    await connected(socket)
    app.phone.setNetwork('4g')
    await pause(500)
    expect(socket.connected).toBe(true)
    expect(app.host.tasks).toHaveLength(1)
    app.phone.off()
  })
  test('ours has a new one', async () => {
    const connection = app.sdk.createConnection({ url: server.url })
    await connection.connect()
    await pause(20)
    app.phone.setNetwork('4g')
    await until(() => app.host.tasks.length === 2 && connection.up, 'a new connection', 500)
    connection.close()
  })
})

describe('options of wx.connectSocket', () => {
  const options = {
    extraHeaders: { 'x-game': '1' },
    protocols: ['game.v1'],
    timeout: 3000,
    perMessageDeflate: true,
    transportOptions: { websocket: { tcpNoDelay: true, forceCellularNetwork: true } },
  }
  test('weapp.socket.io passes on one of six', async () => {
    const socket = weapp()(server.url, options)
    await connected(socket)
    const { call } = assertDefined(app.host.tasks[0])
    const { header, protocols, perMessageDeflate, tcpNoDelay, timeout, forceCellularNetwork } = call
    expect({ header, protocols, tcpNoDelay, timeout, forceCellularNetwork }).toEqual({ tcpNoDelay: false })
    expect(perMessageDeflate).toBe(true)
    socket.disconnect()
  })
  test('ours passes on all', async () => {
    const socket = ours()(server.url, options)
    await connected(socket)
    expect(assertDefined(app.host.tasks[0]).call).toMatchObject({
      header: { 'x-game': '1' },
      protocols: ['game.v1'],
      perMessageDeflate: true,
      tcpNoDelay: true,
      forceCellularNetwork: true,
      timeout: 3000,
    })
    socket.disconnect()
  })
})

describe('the client inside', () => {
  test('weapp.socket.io has neither emitWithAck nor timeout', () => {
    const socket = weapp()(server.url, { autoConnect: false })
    expect([typeof socket.emitWithAck, typeof socket.timeout]).toEqual(['undefined', 'undefined'])
  })
  test('ours has both', () => {
    const socket = ours()(server.url, { autoConnect: false })
    expect([typeof socket.emitWithAck, typeof socket.timeout]).toEqual(['function', 'function'])
  })
})

describe('the package', () => {
  const gzipped = (file: string): number => gzipSync(readFileSync(file), { level: 9 }).length
  test('weapp.socket.io has no types and weighs 24.7 KB gzipped', () => {
    const folder = dirname(dirname(WEAPP_FILE))
    expect(
      readdirSync(folder, { recursive: true }).filter((file) => String(file).endsWith('.d.ts') && !String(file).includes('node_modules')),
    ).toEqual([])
    expect(gzipped(WEAPP_FILE)).toBeGreaterThan(24_500)
  })
  test('ours has types, weighs at most 15 KB as a transport with the official client, and 26 KB with login, connection and game', () => {
    expect(gzipped(MINI_PROGRAM_FILE.replace('index.js', 'transport.js'))).toBeLessThanOrEqual(15_000)
    expect(gzipped(MINI_PROGRAM_FILE)).toBeLessThanOrEqual(26_000)
    expect(existsSync(join(dirname(MINI_PROGRAM_FILE), '../src/index.ts'))).toBe(true)
  })
})
