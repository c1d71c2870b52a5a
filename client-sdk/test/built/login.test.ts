import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { GameClient } from '../../src/client/client.ts'
import { closeCleanly, online, startApp, type App, type AppOptions } from '../support/app.ts'
import { WireServer } from '../support/wire-server.ts'
import { until } from '../support/until.ts'

const KEY = 'caiquan.session'
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
function start(options: Partial<AppOptions> = {}, timing = {}): void {
  app = startApp({ name: 'ann', ...options })
  client = app.sdk.createGameClient({ url: server.url, timing: { minDelayMs: 20, ...timing } })
}

describe('the first start', () => {
  test('logs in, keeps the session, and knows its player', async () => {
    start()
    expect(client.state.status).toBe('idle')
    const seen: string[] = []
    client.subscribe(({ connection }) => seen.push(connection.status))
    await client.connect()
    expect([...new Set(seen)]).toEqual(['idle', 'connecting', 'login', 'online'])
    expect(client.me?.id).toBe('p-ann')
    expect(server.sessions.has(app.host.storage.get(KEY) || '')).toBe(true)
  })

  test('calls wx.login once, however many callers wait', async () => {
    start()
    await Promise.all([client.connect(), client.connect(), client.leaderboard(), client.leaderboard({ limit: 3 })])
    expect(app.host.logins).toBe(1)
    expect(server.logins).toBe(1)
  })
})

describe('the next start', () => {
  async function second(change: () => void = () => undefined): Promise<Map<string, string>> {
    start()
    await client.connect()
    const { storage } = app.host
    await closeCleanly(app, client)
    change()
    return storage
  }

  test('continues with the stored session', async () => {
    const storage = await second()
    start({ storage })
    await client.connect()
    expect(app.host.logins).toBe(0)
    expect(client.me?.id).toBe('p-ann')
  })

  test('logs in again when the session has ended', async () => {
    const storage = await second(() => server.sessions.clear())
    const before = storage.get(KEY)
    start({ storage })
    await client.connect()
    expect(app.host.logins).toBe(1)
    expect(storage.get(KEY)).not.toBe(before)
  })

  test("logs in again when WeChat's own login has ended", async () => {
    const storage = await second()
    app = startApp({ name: 'ann', storage })
    app.host.sessionHolds = false
    client = app.sdk.createGameClient({ url: server.url })
    await client.connect()
    expect(app.host.logins).toBe(1)
  })

  test('logs in again when the storage is corrupt', async () => {
    start({ storage: new Map([[KEY, 'rubbish']]) })
    await client.connect()
    expect(app.host.logins).toBe(1)
  })

  test('keeps the session when the server cannot be reached', async () => {
    const storage = await second()
    start({ storage })
    app.phone.network = 'none'
    const first = client.connect()
    await until(() => client.state.status === 'offline', 'offline')
    expect(storage.get(KEY)).toBeTruthy()
    app.phone.setNetwork('wifi')
    // The first attempt may have failed before the network was read; the next one is in flight.
    await first.catch(() => undefined)
    await online(client)
    expect(app.host.logins).toBe(0)
  })
})

describe('a session that ends meanwhile', () => {
  test('is replaced by the next handshake', async () => {
    start()
    await client.connect()
    server.sessions.clear()
    server.cut()
    await until(() => client.state.status !== 'online', 'lost')
    await online(client)
    expect(app.host.logins).toBe(2)
  })

  test('is replaced once by many calls', async () => {
    start()
    await client.connect()
    server.sessions.clear()
    const replies = await Promise.all([client.leaderboard(), client.leaderboard(), client.leaderboard()])
    expect(replies.every(({ entries }) => entries.length === 1)).toBe(true)
    expect(app.host.logins).toBe(2)
  })
})

describe('a login that fails', () => {
  test('with a refused code is tried once more with a fresh one', async () => {
    start()
    const { login } = app.host.wx
    let calls = 0
    app.host.wx.login = (options) => (calls++ ? login(options) : options.success({ code: 'ann.stale' }))
    server.badCodes['ann.stale'] = 'invalid_code'
    await client.connect()
    expect(server.logins).toBe(2)
  })

  test('with two refused codes reports it, and keeps trying', async () => {
    start()
    server.badCodes['*'] = 'invalid_code'
    await expect(client.connect()).rejects.toMatchObject({ code: 'invalid_code', temporary: false })
    expect(server.logins).toBe(2)
    expect(client.state).toMatchObject({ error: { code: 'invalid_code' } })
    server.badCodes = {}
    await online(client)
    expect(client.state.error).toBeNull()
  })

  test('because the account is blocked is the end, until the app asks again', async () => {
    start()
    server.badCodes['*'] = 'blocked'
    await expect(client.connect()).rejects.toMatchObject({ code: 'blocked' })
    expect(client.state).toMatchObject({ status: 'closed', reason: 'refused' })
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(server.logins).toBe(1)
    server.badCodes = {}
    await client.connect()
    expect(client.state.status).toBe('online')
  })

  test("in wx.login carries WeChat's message, and is tried again", async () => {
    start()
    app.host.loginFails = 'login:fail system error'
    await expect(client.connect()).rejects.toMatchObject({ code: 'login_failed', message: 'login:fail system error' })
    app.host.loginFails = null
    await online(client)
  })

  test('because wx.login never calls back ends in time', async () => {
    start({}, { requestTimeoutMs: 80 })
    app.host.loginHangs = true
    await expect(client.connect()).rejects.toMatchObject({ code: 'timeout' })
    app.host.loginHangs = false
    await online(client)
  })

  test('because the domain is not on the list reports it', async () => {
    start()
    app.host.domainAllowed = false
    await expect(client.connect()).rejects.toMatchObject({
      code: 'network',
      message: 'request:fail url not in domain list',
    })
    app.host.domainAllowed = true
    await online(client)
  })
})

test('a profile is changed by a method that wx.request has', async () => {
  start()
  await client.connect()
  expect((await client.updateProfile({ nickname: '安' })).nickname).toBe('安')
  expect(client.me?.nickname).toBe('安')
  expect(app.host.requests.at(-1)).toMatchObject({ method: 'PUT' })
})

test('logging out ends the session on both sides, and connecting again begins another', async () => {
  start()
  await client.connect()
  await client.logout()
  expect(client.state.status).toBe('closed')
  expect(client.me).toBeNull()
  expect(app.host.storage.has(KEY)).toBe(false)
  expect(server.sessions.size).toBe(0)
  await client.connect()
  expect(app.host.logins).toBe(2)
})
