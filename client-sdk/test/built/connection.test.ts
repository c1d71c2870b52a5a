import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { GameClient } from '../../src/client/client.ts'
import type { GameTiming } from '../../src/client/options.ts'
import { closeCleanly, online, startApp, type App, type AppOptions } from '../support/app.ts'
import { WireServer } from '../support/wire-server.ts'
import { assertDefined } from '../support/assert-defined.ts'
import { until } from '../support/until.ts'

let server: WireServer
let app: App
let client: GameClient

beforeEach(async () => {
  server = await WireServer.start()
})
afterEach(async () => {
  await closeCleanly(app, client)
  await server.close()
})

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const QUICK = { minDelayMs: 20, longAbsenceMs: 300, probeTimeoutMs: 150 }

async function start(options: Partial<AppOptions> = {}, timing: Partial<GameTiming> = {}): Promise<void> {
  app = startApp({ name: 'ann', ...options })
  client = app.sdk.createGameClient({ url: server.url, timing: { ...QUICK, ...timing } })
  await client.connect()
}

describe('in the background', () => {
  test('the connection is kept while it lasts, and no other is opened', async () => {
    await start()
    app.phone.hide()
    await until(() => client.state.status === 'suspended', 'suspended')
    expect(server.socketOf('p-ann')?.connected).toBe(true)
    server.cut()
    await pause(200)
    expect(client.state.status).toBe('suspended')
    expect(server.connections).toBe(1)
    app.phone.show()
    await online(client)
    expect(server.connections).toBe(2)
  })

  test('after a short absence the connection is probed, and kept if it is alive', async () => {
    await start()
    app.phone.hide()
    await until(() => client.state.status === 'suspended', 'suspended')
    const before = server.count('match:sync')
    app.phone.show()
    await online(client)
    await until(() => server.count('match:sync') === before + 1, 'a probe')
    expect(server.connections).toBe(1)
  })

  test('after a short absence a connection that died without an event is replaced', async () => {
    await start({ closeEvents: 'never' })
    app.phone.hide()
    await until(() => client.state.status === 'suspended', 'suspended')
    assertDefined(app.host.tasks.at(-1)).drop(false)
    app.phone.show()
    await until(() => server.connections === 2, 'a new connection')
    await online(client)
  })

  test('after a short absence a connection that swallows everything is replaced', async () => {
    await start()
    app.phone.hide()
    await until(() => client.state.status === 'suspended', 'suspended')
    server.swallow['match:sync'] = 1
    app.phone.show()
    await until(() => server.connections === 2, 'a new connection')
    await online(client)
  })

  test('after a long absence there is a new connection at once, though no close event ever came', async () => {
    await start({ closeEvents: 'never' })
    app.phone.hide()
    await pause(350)
    server.swallow['match:sync'] = 99
    const before = Date.now()
    app.phone.show()
    await until(() => server.connections === 2, 'a new connection')
    expect(Date.now() - before).toBeLessThan(QUICK.probeTimeoutMs)
    server.swallow = {}
    await online(client)
  })

  test.each([0, 400])('frozen, and with everything %i ms late, it comes back', async (lateMs) => {
    await start({ freezeAfterMs: 10, dropAfterMs: 50, lateMs })
    for (let round = 0; round < 4; round++) {
      app.phone.hide()
      await pause(round % 2 ? 400 : 100)
      app.phone.show()
      await until(() => client.state.status === 'online', 'online')
      await client.sync()
    }
  })
})

describe('without network', () => {
  test('nothing is tried, and with its return there is a connection at once', async () => {
    await start({}, { minDelayMs: 2000, maxDelayMs: 2000 })
    app.phone.setNetwork('none')
    await until(() => client.state.status === 'offline', 'offline')
    await pause(200)
    expect(server.connections).toBe(1)
    const before = Date.now()
    app.phone.setNetwork('4g')
    await online(client, 1000)
    expect(Date.now() - before).toBeLessThan(1000)
    expect(client.state.failures).toBe(0)
  })

  test('a change of network replaces the connection before its death shows', async () => {
    await start({ closeEvents: 'never' })
    for (const network of ['4g', 'wifi', '5g', 'wifi']) {
      const before = server.connections
      app.phone.setNetwork(network)
      await until(() => server.connections > before, `a connection over ${network}`)
      await until(() => client.state.status === 'online', 'online')
    }
    await client.sync()
  })

  test('a network that returned without an event is found when the app asks to connect', async () => {
    await start()
    app.phone.setNetwork('none')
    await until(() => client.state.status === 'offline', 'offline')
    app.phone.network = 'wifi'
    void client.connect()
    await online(client)
    await client.sync()
  })

  test('a network that came and went in the background is noticed', async () => {
    await start()
    app.phone.hide()
    await until(() => client.state.status === 'suspended', 'suspended')
    app.phone.network = '5g'
    app.phone.dropSockets()
    app.phone.show()
    await until(() => server.connections === 2, 'a new connection')
    await online(client)
  })
})

describe('a server in trouble', () => {
  test('that is overloaded is left alone for as long as it asked', async () => {
    app = startApp({ name: 'ann' })
    client = app.sdk.createGameClient({ url: server.url, timing: QUICK })
    server.refuse = { code: 'overloaded', retryAfterMs: 400 }
    const begun = Date.now()
    await expect(client.connect()).rejects.toMatchObject({ code: 'overloaded', retryAfterMs: 400 })
    server.refuse = null
    await online(client)
    expect(Date.now() - begun).toBeGreaterThanOrEqual(400)
  })

  test('that never replies is given up in time, and tried again', async () => {
    app = startApp({ name: 'ann' })
    client = app.sdk.createGameClient({ url: server.url, timing: { ...QUICK, connectTimeoutMs: 100 } })
    app.host.blackhole = true
    await expect(client.connect()).rejects.toMatchObject({ code: 'timeout' })
    await until(() => client.state.failures >= 3, 'three failures')
    app.host.blackhole = false
    await online(client)
  })

  test('that lets the socket in but not the player is given up in time as well', async () => {
    app = startApp({ name: 'ann' })
    client = app.sdk.createGameClient({ url: server.url, timing: { ...QUICK, connectTimeoutMs: 100 } })
    server.hesitates = true
    await expect(client.connect()).rejects.toMatchObject({ code: 'timeout' })
    server.hesitates = false
    await online(client)
  })

  test('that is gone is tried again, and one that is back is found', async () => {
    await start()
    const { port } = new URL(server.url)
    await server.close()
    await until(() => client.state.failures >= 3, 'three failures')
    expect(client.state.error?.code).toBe('network')
    server = await WireServer.start(Number(port))
    await online(client)
  })

  test('that accepts a connection and drops it at once gets growing waits', async () => {
    await start()
    server.io.on('connection', (socket) => setTimeout(() => socket.disconnect(true), 5))
    server.cut()
    await pause(1000)
    // 20, 40, 80, … ms: about six attempts in a second, not fifty.
    expect(server.connections).toBeLessThan(12)
    server.io.removeAllListeners('connection')
  })

  test('that stops replying to commands is left for another connection, and the command is repeated there', async () => {
    await start({}, { ackTimeoutMs: 100 })
    server.swallow['match:cancel'] = 1
    await client.cancel()
    expect(server.count('match:cancel')).toBe(2)
    expect(server.connections).toBe(2)
  })
})

describe('a node that drains', () => {
  test('is left ahead of time, without a moment of waiting', async () => {
    await start({}, { minDelayMs: 5000, maxDelayMs: 5000 })
    server.io.emit('server:draining', { reconnectWithinMs: 400 })
    await until(() => server.connections === 2, 'a new connection')
    await online(client, 1000)
    expect(client.state.failures).toBe(0)
  })

  test('may close first: that is not a failure, and the next connection follows at once', async () => {
    await start({}, { minDelayMs: 5000, maxDelayMs: 5000 })
    server.io.emit('server:draining', { reconnectWithinMs: 600_000 })
    await pause(100)
    for (const socket of server.io.sockets.sockets.values()) socket.conn.close()
    await until(() => server.connections === 2, 'a new connection', 1000)
    await online(client, 1000)
    expect(client.state.failures).toBe(0)
    // The next connection was not told to leave, so its loss is a failure.
    for (const socket of server.io.sockets.sockets.values()) socket.conn.close()
    await until(() => client.state.failures === 1, 'a failure')
  })
})

describe('a player who connects elsewhere', () => {
  test('is notified here, and nothing more is tried', async () => {
    await start()
    const other = startApp({ name: 'ann' })
    const second = other.sdk.createGameClient({ url: server.url })
    await second.connect()
    await until(() => client.state.status === 'closed', 'closed')
    expect(client.state).toMatchObject({ reason: 'replaced', error: { code: 'replaced' } })
    await expect(client.cancel()).rejects.toMatchObject({ code: 'replaced' })
    await pause(200)
    expect(server.connections).toBe(2)
    await client.connect()
    await until(() => second.state.status === 'closed', 'the other is closed')
    await closeCleanly(other, second)
  })
})

describe('a command', () => {
  test('starts a client that was not started', async () => {
    for (const begin of ['sync', 'find'] as const) {
      app = startApp({ name: `idle-${begin}` })
      client = app.sdk.createGameClient({ url: server.url, timing: QUICK })
      const asked = begin === 'sync' ? client.sync() : client.find({ mode: 'casual' })
      await online(client)
      if (begin === 'sync') await asked
      else await Promise.all([client.cancel(), expect(asked).rejects.toMatchObject({ code: 'cancelled' })])
      if (begin === 'sync') await closeCleanly(app, client)
    }
  })
  test('after the end reports that it has ended', async () => {
    await start()
    client.close()
    for (const call of [client.sync(), client.find({ mode: 'casual' }), client.move('rock'), client.cancel()])
      await expect(call).rejects.toMatchObject({ code: 'closed' })
  })
  test('that finds no connection in its time reports the reason', async () => {
    await start({}, { commandTimeoutMs: 300 })
    server.refuse = { code: 'overloaded', retryAfterMs: 5000 }
    server.cut()
    await until(() => client.state.error?.code === 'overloaded', 'refused')
    await expect(client.sync()).rejects.toMatchObject({ code: 'overloaded' })
    server.refuse = null
  })
})

describe('closing', () => {
  test('at any moment ends everything, and connecting again starts again', async () => {
    app = startApp({ name: 'ann' })
    client = app.sdk.createGameClient({ url: server.url, timing: QUICK })
    for (let i = 0; i < 40; i++) {
      const outcome = client.connect().then(
        () => 'online',
        (error: { code: string }) => error.code,
      )
      await pause(i % 20)
      client.close()
      expect(['online', 'closed']).toContain(await outcome)
      expect(client.state.status).toBe('closed')
    }
    await client.connect()
    expect(app.host.maxOpen).toBe(1)
  })

  test('rejects requests in flight', async () => {
    await start()
    server.swallow['match:cancel'] = 9
    const cancelled = client.cancel()
    await until(() => server.count('match:cancel') === 1, 'the command arrived')
    client.close()
    await expect(cancelled).rejects.toMatchObject({ code: 'closed' })
    await expect(client.sync()).rejects.toMatchObject({ code: 'closed' })
  })
})

test('pages that create the client again get the same one, and one socket', async () => {
  await start()
  const again = app.sdk.createGameClient({ url: server.url })
  expect(again).toBe(client)
  await again.connect()
  expect(server.connections).toBe(1)
})

test('createConnection keeps a connection to a server of another kind', async () => {
  await start()
  const alone = startApp({ name: 'ann' })
  let refusals = 0
  const connection = alone.sdk.createConnection({
    url: server.url,
    auth: () => ({ sessionId: refusals ? app.host.storage.get('caiquan.session') : 'not yet' }),
    refused: () => void refusals++,
    timing: QUICK,
  })
  const events: string[] = []
  connection.onEvent.add((name) => events.push(name))
  await connection.connect()
  expect(refusals).toBe(1)
  expect(await connection.request('match:sync')).toMatchObject({ match: null })
  server.io.emit('player', { id: 'p-ann' } as never)
  await until(() => events.includes('player'), 'an event')
  connection.close()
  await until(() => alone.phone.timersRunning === 0 && alone.host.listeners === 0, 'nothing left')
})
