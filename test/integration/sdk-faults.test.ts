import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { GameClient } from '../../client-sdk/src/client/client.ts'
import type { GameClientOptions } from '../../client-sdk/src/client/options.ts'
import { closeCleanly, online, startApp, type App, type AppOptions } from '../../client-sdk/test/support/app.ts'
import { assertDefined } from '../../client-sdk/test/support/assert-defined.ts'
import { until } from '../../client-sdk/test/support/until.ts'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { testCluster } from '../support/cluster.ts'
import { http } from '../support/http.ts'
import { login } from '../support/player.ts'

/**
 * Faults of real phones and real servers: the test expects the documented error or recovery each time, and a client that works afterwards.
 */
const KEY = 'caiquan.session'
let cluster: Cluster
let open: { app: App; client: GameClient }[] = []

beforeAll(async () => {
  cluster = await testCluster({ nodes: 1, nginx: true, env: { MAX_CONNECTIONS: '4' } })
})
afterAll(() => cluster.close())
afterEach(async () => {
  const all = open
  open = []
  for (const { app, client } of all) {
    // Whatever the error was, the client works afterwards.
    await client.connect().catch(() => undefined)
    await online(client, 10_000)
    await client.sync()
    await closeCleanly(app, client)
  }
})

function start(options: AppOptions, timing: GameClientOptions['timing'] = {}): { app: App; client: GameClient } {
  const app = startApp(options)
  const client = app.sdk.createGameClient({ url: cluster.info.url, timing })
  open.push({ app, client })
  return { app, client }
}

describe('a session', () => {
  test('that has expired in storage is replaced by a new login', async () => {
    const storage = new Map([[KEY, 'expired-long-ago']])
    const { app, client } = start({ name: 'expired', storage })
    await client.connect()
    expect(app.host.logins).toBe(1)
    expect(storage.get(KEY)).not.toBe('expired-long-ago')
  })

  test('that is still valid is used again, and the player is known before a socket is open', async () => {
    const { sessionId, player } = await login(cluster.info.url, 'returning')
    const { app, client } = start({ name: 'returning', storage: new Map([[KEY, sessionId]]) })
    await client.connect()
    expect(app.host.logins).toBe(0)
    expect(client.me?.id).toBe(player.id)
  })

  test('that ends while the player is connected is replaced at the next handshake', async () => {
    const { app, client } = start({ name: 'ended' })
    await client.connect()
    const before = assertDefined(app.host.storage.get(KEY))
    await http(`${cluster.info.url}/api/session`, { method: 'DELETE', headers: { sessionid: before } })
    await until(() => app.host.storage.get(KEY) !== before, 'a new session')
    await online(client)
  })
})

describe('a login code', () => {
  test('that WeChat refuses once is followed by a fresh one', async () => {
    const { app, client } = start({ name: 'stale' })
    const { login: wxLogin } = app.host.wx
    let calls = 0
    app.host.wx.login = (options) => (calls++ === 0 ? options.success({ code: 'error.40163.once' }) : wxLogin.call(app.host.wx, options))
    await client.connect()
    expect(calls).toBe(2)
  })

  test.each([
    ['40029', 'invalid_code', false],
    ['45011', 'rate_limited', true],
    ['-1', 'wechat_unavailable', true],
  ])('that WeChat answers with %s ends in %s, and the next one is tried', async (errcode, code, temporary) => {
    const { app, client } = start({ name: `wechat-${code}` })
    const { login: wxLogin } = app.host.wx
    app.host.wx.login = (options) => options.success({ code: `error.${errcode}.${Math.random()}` })
    await expect(client.connect()).rejects.toMatchObject({ code, temporary })
    expect(client.state.error?.code).toBe(code)
    app.host.wx.login = wxLogin
  })

  test('of a blocked account ends in blocked, and nothing is tried until the app asks', async () => {
    const { app, client } = start({ name: 'blocked' })
    const { login: wxLogin } = app.host.wx
    app.host.wx.login = (options) => options.success({ code: `error.40226.${Math.random()}` })
    await expect(client.connect()).rejects.toMatchObject({ code: 'blocked', temporary: false })
    expect(client.state).toMatchObject({ status: 'closed', reason: 'refused' })
    app.host.wx.login = wxLogin
  })
})

describe('a connection', () => {
  test('to an overloaded server waits as long as it is told, and gets in when there is room', async () => {
    const starts = Array.from({ length: 6 }, (_, i) => () => start({ name: `many-${i}` }))
    let refusal: unknown = null
    while (refusal === null) {
      refusal = await assertDefined(starts.shift())()
        .client.connect()
        .then(
          () => null,
          (error: unknown) => error,
        )
    }
    expect(refusal).toMatchObject({ code: 'overloaded', temporary: true })
    const { client } = assertDefined(open.at(-1))
    const leaver = assertDefined(open.shift())
    await closeCleanly(leaver.app, leaver.client)
    await online(client, 15_000)
  })

  test('from a domain that is not on the list says so in WeChat’s words', async () => {
    const { app, client } = start({ name: 'domain', closeEvents: 'always' })
    app.host.domainAllowed = false
    await expect(client.connect()).rejects.toMatchObject({ code: 'network', message: 'request:fail url not in domain list' })
    app.host.domainAllowed = true
    await online(client)
    app.host.domainAllowed = false
    app.phone.dropSockets()
    await until(() => client.state.error?.message === 'connectSocket:fail url not in domain list', 'the reason', 15_000)
    app.host.domainAllowed = true
  })

  test('to a server that does not reply is given up in time', async () => {
    const { app, client } = start({ name: 'silence' }, { connectTimeoutMs: 300 })
    app.host.blackhole = true
    await expect(client.connect()).rejects.toMatchObject({ code: 'timeout' })
    await until(() => client.state.failures > 1, 'a second attempt')
    app.host.blackhole = false
  })

  test('of the same player elsewhere ends this one, and says so', async () => {
    const { client } = start({ name: 'twice' })
    await client.connect()
    const other = startApp({ name: 'twice' })
    const second = other.sdk.createGameClient({ url: cluster.info.url })
    await second.connect()
    await until(() => client.state.status === 'closed', 'closed')
    expect(client.state).toMatchObject({ reason: 'replaced', error: { code: 'replaced' } })
    await closeCleanly(other, second)
  })

  test('while nginx is away comes back with it', async () => {
    const { client } = start({ name: 'no-nginx' })
    await client.connect()
    const { service } = assertDefined(cluster.nginx)
    await service.kill()
    await until(() => client.state.failures > 1, 'two attempts', 10_000)
    expect(client.state.error?.code).toBe('network')
    await service.start()
    await online(client, 4000)
  })
})

test('a profile is changed from a phone', async () => {
  const { client } = start({ name: 'profile' })
  await client.connect()
  expect((await client.updateProfile({ nickname: '石头' })).nickname).toBe('石头')
})

test('a phone gets the number of players online', async () => {
  const { client } = start({ name: 'curious' })
  await client.connect()
  await expect.poll(async () => (await client.online()).players, { timeout: 8000 }).toBeGreaterThan(0)
  expect((await client.online()).matches).toBeGreaterThanOrEqual(0)
})
