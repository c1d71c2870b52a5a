import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { GameClient } from '../../src/client/client.ts'
import type { Connection } from '../../src/connection/types.ts'
import { ensurePackage } from '../support/consumer.ts'
import { startEcho, type EchoServer } from '../support/echo-server.ts'
import { HOSTS, tooLate, type TestHost } from '../support/hosts.ts'
import { until } from '../support/until.ts'
import { WireServer } from '../support/wire-server.ts'

/** The abilities that all hosts share, in each of them. */
let server: WireServer
let own: EchoServer
const clients: (GameClient | Connection)[] = []
const testHosts: TestHost[] = []
beforeAll(() => ensurePackage(), 60_000)
beforeEach(async () => {
  server = await WireServer.start()
  own = await startEcho()
})
afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  for (const { phone, fake } of testHosts.splice(0)) {
    if (!phone || !fake) continue
    await until(() => fake.tasks.every((task) => !task.alive), 'every native socket closed')
    await until(() => phone.timersRunning === 0, 'no timer left')
    expect(phone.faults).toEqual([])
  }
  await server.close()
  await own.close()
})

const QUICK = { minDelayMs: 20, probeTimeoutMs: 300 }

describe.each(Object.keys(HOSTS))('in %s', (kind) => {
  function start(name: string, storage?: Map<string, string>): { testHost: TestHost; client: GameClient } {
    const make = HOSTS[kind]
    if (!make) throw new Error(kind)
    const testHost = make(name, storage)
    testHosts.push(testHost)
    if (testHost.reach) testHost.reach(server.url)
    const client = testHost.sdk.createGameClient({ url: server.url, timing: QUICK, ...testHost.options })
    clients.push(client)
    return { testHost, client }
  }

  test('two players log in and play a match', async () => {
    const { client: ann } = start('ann')
    const { client: ben } = start('ben')
    await Promise.all([ann.connect(), ben.connect()])
    expect([ann.me?.id, ben.me?.id]).toEqual(['p-ann', 'p-ben'])
    await Promise.all([ann.find({ mode: 'casual', bestOf: 1 }), ben.find({ mode: 'casual', bestOf: 1 })])
    await Promise.all([ann.move('rock'), ben.move('scissors')])
    await until(() => ann.match?.status === 'finished' && ben.match?.status === 'finished', 'the end')
    expect(ann.match?.result?.winner).toBe(ann.seat)
  })

  test('a lost connection comes back, and HTTP calls work', async () => {
    const { client } = start('ann')
    await client.connect()
    server.cut()
    await until(() => server.connections === 2 && client.state.status === 'online', 'back')
    expect((await client.updateProfile({ nickname: 'Ann' })).nickname).toBe('Ann')
    expect((await client.leaderboard()).entries).toHaveLength(1)
  })

  test('a short look away keeps the connection, or replaces it: it is online either way', async () => {
    const { client, testHost } = start('ann')
    await client.connect()
    if (testHost.hideAndShow) await testHost.hideAndShow()
    await until(() => client.state.status === 'online', 'online')
    await client.sync()
  })

  test('a second start uses the session of the first', async () => {
    const { testHost, client } = start('ann')
    if (!testHost.fake) return
    await client.connect()
    const again = start('ann', testHost.fake.storage)
    await again.client.connect()
    expect([again.client.me?.id, again.testHost.fake?.logins]).toEqual(['p-ann', 0])
  })

  test('closing while it connects leaves no socket', async () => {
    const { client } = start('ann')
    for (let ms = 0; ms < 12; ms++) {
      client.connect().catch(() => undefined)
      await new Promise((resolve) => setTimeout(resolve, ms * 2))
      client.close()
    }
  })

  test('an own login replaces the host’s', async () => {
    const { testHost } = start('ann')
    let asked = 0
    const client = testHost.sdk.createGameClient({
      ...testHost.options,
      url: server.url.replace('127.0.0.1', 'localhost'),
      storageKey: 'own',
      login: () => `guest.own${++asked}${process.pid}${kind.length}`,
    })
    clients.push(client)
    await client.connect()
    expect([asked, client.me?.id]).toEqual([1, testHost.gatewayLogin ? 'p-ann' : 'p-guest'])
    if (testHost.fake) expect(testHost.fake.logins).toBe(0)
  })

  test('the server of another team: requests, events and its own errors', async () => {
    const { testHost } = start('ann')
    own.io.on('connection', (socket) => {
      socket.on('add', ([a, b]: [number, number], ack: (reply: unknown) => void) => ack({ ok: true, data: a + b }))
      socket.on('fail', (_: unknown, ack: (reply: unknown) => void) => ack({ ok: false, error: { code: 'out_of_stock' } }))
      socket.on('news', () => socket.emit('headline', 'extra'))
    })
    if (testHost.reach) testHost.reach(own.url)
    const connection = testHost.sdk.createConnection({ ...testHost.options, url: own.url })
    clients.push(connection)
    await connection.connect()
    expect(await connection.request('add', [1, 2])).toBe(3)
    await expect(connection.request('fail', {})).rejects.toMatchObject({ code: 'out_of_stock', temporary: false })
    let received = ''
    const stop = connection.on('headline', (text: string) => {
      received = text
    })
    connection.emit('news')
    await until(() => received === 'extra', 'the event')
    stop()
  })
})

test('a promised socket that opens without listeners is told apart from a bad network, and sockets do not pile up', async () => {
  const testHost = tooLate('ann')
  const client = testHost.sdk.createGameClient({ url: server.url, timing: { ...QUICK, connectTimeoutMs: 2000 }, ...testHost.options })
  const failed = expect(client.connect()).rejects.toMatchObject({
    code: 'network',
    message: expect.stringContaining('connectSocket returned a promise') as string,
  })
  // A second attempt would have no listeners either.
  await new Promise((resolve) => setTimeout(resolve, 1000))
  expect(testHost.fake?.tasks).toHaveLength(1)
  await failed
  await new Promise((resolve) => setTimeout(resolve, 1500))
  expect(testHost.fake?.tasks.filter((task) => task.alive).length).toBeLessThanOrEqual(1)
  client.close()
})
