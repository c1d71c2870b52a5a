import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { GameClient } from '../../src/client/client.ts'
import type { WxApi, WxRequestOptions } from '../../src/host/wx-api.ts'
import { closeCleanly, online, startApp, type App, type AppOptions, type SdkModule } from '../support/app.ts'
import { MINI_PROGRAM_FILE } from '../support/built.ts'
import { assertDefined } from '../support/assert-defined.ts'
import { loadInPhone } from '../support/realm.ts'
import { until } from '../support/until.ts'
import { WireServer } from '../support/wire-server.ts'

/** The game client as other teams use it: replies of other servers, several copies, pages, listeners, events of their own. */
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

const QUICK = { minDelayMs: 20, longAbsenceMs: 300, probeTimeoutMs: 150 }
function make(options: Partial<AppOptions> = {}): GameClient {
  app = startApp({ name: 'ann', ...options })
  client = app.sdk.createGameClient({ url: server.url, timing: QUICK })
  return client
}
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

describe('a page of another server with status 200', () => {
  /** Replies to calls of this path with something else, the given number of times. */
  function replyInstead(path: string, body: unknown, times: number): { left: number } {
    const state = { left: times }
    const { request } = app.host.wx
    app.host.wx.request = (options: WxRequestOptions) => {
      if (state.left > 0 && options.url.includes(path)) {
        state.left--
        app.phone.run(() => options.success({ statusCode: 200, data: body, header: {} }))
      } else request(options)
    }
    return state
  }
  const BODIES: unknown[] = ['<html>maintenance</html>', '', null, { code: 0, msg: 'ok' }, { sessionId: '', player: {} }, []]

  test.each(BODIES)('%j is not a session', async (body) => {
    const storage = new Map<string, string>()
    make({ storage })
    await client.connect()
    await closeCleanly(app, client)
    make({ storage })
    const { left } = replyInstead('/api/session', body, 1)
    await client.connect()
    expect([left, client.me?.id, app.host.logins]).toEqual([1, 'p-ann', 0])
  })
  test.each(BODIES)('%j is not a login, and no code is used twice', async (body) => {
    make()
    replyInstead('/api/login', body, 3)
    client.connect().catch(() => undefined)
    await online(client)
    expect(client.me?.id).toBe('p-ann')
    expect(new Set(server.usedCodes).size).toBe(server.usedCodes.length)
  })
  test('that comes once does not fail connect()', async () => {
    make()
    replyInstead('/api/login', '<html>', 1)
    await client.connect()
    expect(client.me?.id).toBe('p-ann')
  })
  test('is not a leaderboard either', async () => {
    make()
    await client.connect()
    replyInstead('/api/leaderboard', '<html>', 1)
    await expect(client.leaderboard()).rejects.toMatchObject({ code: 'bad_reply', temporary: true })
  })
})

test('an event of a server that is not a view is ignored', async () => {
  make()
  await client.connect()
  const socket = assertDefined(server.socketOf('p-ann'))
  for (const invalid of [null, 'match', {}, { id: 'm', version: 'x' }]) {
    socket.emit('match', invalid as never)
    socket.emit('player', invalid as never)
  }
  await client.sync()
  expect([client.match, client.me?.id]).toEqual([null, 'p-ann'])
})

describe('one client for a server', () => {
  test.each<[string, (url: string) => string]>([
    ['with a slash at the end', (url) => `${url}/`],
    ['as ws://', (url) => url.replace('http', 'ws')],
    ['in capitals', (url) => url.replace('http', 'HTTP')],
  ])('%s too', (_, variant) => {
    make()
    expect(app.sdk.createGameClient({ url: variant(server.url) })).toBe(client)
  })
  test('also of a wx that accepts no further property, and throws on a property that it does not have', () => {
    make()
    const strict = new Proxy(Object.freeze(Object.assign({}, app.host.wx)), {
      get: (target, key) => {
        if (!(key in target)) throw new Error(`wx.${String(key)} was read`)
        return target[key as keyof WxApi]
      },
    })
    const options = { url: server.url, wx: strict }
    const strictly = app.sdk.createGameClient(options)
    expect(app.sdk.createGameClient(options)).toBe(strictly)
    strictly.close()
  })
  test('also if the package is loaded twice', () => {
    make()
    const other = loadInPhone(MINI_PROGRAM_FILE, app.phone, app.host.wx) as SdkModule
    expect(other.createGameClient({ url: server.url })).toBe(client)
  })
  test('but another server has its own, and its own session', async () => {
    const second = await WireServer.start()
    const storage = new Map<string, string>()
    for (let start = 0; start < 3; start++) {
      make({ storage })
      const other = app.sdk.createGameClient({ url: second.url })
      expect(other).not.toBe(client)
      await client.connect()
      await other.connect()
      expect(app.host.logins).toBe(start ? 0 : 2)
      other.close()
      await closeCleanly(app, client)
    }
    await second.close()
  })
  test('and createConnection beside it shares its connection', async () => {
    make()
    await client.connect()
    const beside = app.sdk.createConnection({ url: `${server.url}/` })
    await beside.connect()
    expect(await beside.request('match:sync')).toMatchObject({ match: null })
    expect(server.connections).toBe(1)
    beside.close()
    expect([beside.state.status, client.state.status]).toEqual(['closed', 'online'])
    await expect(beside.request('match:sync')).rejects.toMatchObject({ code: 'closed' })
  })
  test('and one that was made before it moves over to it', async () => {
    app = startApp({ name: 'ann' })
    const earlier = startApp({ name: 'ann' })
    const first = earlier.sdk.createGameClient({ url: server.url })
    await first.connect()
    const sessionId = assertDefined([...server.sessions.keys()].at(-1))
    await closeCleanly(earlier, first)
    const beside = app.sdk.createConnection({ url: server.url, auth: () => ({ sessionId }) })
    const states: string[] = []
    const events: string[] = []
    beside.onState.add(({ status }) => void states.push(status))
    beside.on('player', () => void events.push('player'))
    await beside.connect()
    client = app.sdk.createGameClient({ url: server.url, timing: QUICK })
    await client.connect()
    await until(() => beside.state.status === 'online', 'online over the game client')
    await client.sync()
    expect(await beside.request('match:sync')).toMatchObject({ match: null })
    assertDefined(server.socketOf('p-ann')).emit('player', assertDefined(client.me))
    await until(() => events.length === 1, 'an event')
    await pause(100)
    expect([client.state.status, states.at(-1), server.socketOf('p-ann') !== undefined]).toEqual(['online', 'online', true])
    expect(app.host.tasks.filter((task) => task.alive)).toHaveLength(1)
  })
})

describe('listeners', () => {
  test('see snapshots in order, also when one of them acts', async () => {
    make()
    await client.connect()
    const seen: (string | undefined)[] = []
    let acted = false
    client.subscribe(({ me }) => {
      if (me?.nickname === 'one' && !acted) {
        acted = true
        assertDefined(server.socketOf('p-ann'))
        void client.updateProfile({ nickname: 'two' })
      }
    })
    client.subscribe(({ me }) => void seen.push(me?.nickname))
    await client.updateProfile({ nickname: 'one' })
    await until(() => seen.at(-1) === 'two', 'two')
    expect(seen.indexOf('two')).toBeGreaterThan(seen.lastIndexOf('one'))
  })
  test('get the function that ends them, and one that throws at its first call is not added', async () => {
    make()
    await client.connect()
    let calls = 0
    client.subscribe((_, stop) => {
      calls++
      stop()
    })
    expect(() =>
      client.subscribe(() => {
        calls++
        throw new Error('mine')
      }),
    ).toThrow('mine')
    await client.updateProfile({ nickname: 'new' })
    expect(calls).toBe(2)
  })
})

describe('a bound page', () => {
  const rename = (nickname: string): Promise<unknown> => client.updateProfile({ nickname })
  const name = ({ me }: GameClient['snapshot']): Record<string, unknown> => ({ name: me && me.nickname })

  test('that is bound in onShow is bound once', async () => {
    make()
    await client.connect()
    let sets = 0
    const page: { setData(): void; onUnload?: () => unknown } = { setData: () => void sets++ }
    for (let i = 0; i < 5; i++) client.bindPage(page, name)
    sets = 0
    await rename('a')
    expect(sets).toBe(1)
    assertDefined(page.onUnload)()
    await rename('b')
    expect(sets).toBe(1)
    expect('onUnload' in page).toBe(false)
  })
  test('may be a component', async () => {
    make()
    await client.connect()
    let sets = 0
    let detached = 0
    const component = { setData: () => void sets++, detached: () => void detached++ }
    client.bindPage(component, name)
    component.detached()
    sets = 0
    await rename('a')
    expect([sets, detached]).toEqual([0, 1])
  })
  test('that another listener unloads is not set any more', async () => {
    make()
    await client.connect()
    const shown: unknown[] = []
    const page: { setData(data: object): void; onUnload?: () => unknown } = { setData: (data) => void shown.push(data) }
    client.subscribe(({ me }) => {
      if (me?.nickname === 'go') page.onUnload?.()
    })
    client.bindPage(page, name)
    await rename('go')
    expect(shown).toEqual([{ name: 'ann' }])
  })
})

describe('a search that this client did not begin', () => {
  test('is cancelled', async () => {
    make()
    await client.connect()
    const wire = assertDefined(server.socketOf('p-ann'))
    const listeners = wire.listeners('match:sync')
    wire.removeAllListeners('match:sync')
    wire.on('match:sync', (ack) => ack({ ok: true, data: { match: null, queue: { mode: 'casual', bestOf: 3, since: 1 } } }))
    await client.sync()
    await until(() => server.count('match:cancel') === 1, 'the search to be cancelled')
    // A search that this client began continues.
    const found = client.find({ mode: 'casual' }).catch(() => undefined)
    await client.sync()
    await pause(50)
    expect(server.count('match:cancel')).toBe(1)
    expect(listeners).toHaveLength(1)
    await client.cancel()
    await found
  })
})

describe('events of a team’s own', () => {
  test('are sent and received over the same connection', async () => {
    interface Chat {
      commands: { 'match:chat': { request: { text: string }; reply: { length: number } } }
      events: { chat: (message: { text: string }) => void }
    }
    server.io.on('connection', (socket) => {
      socket.on(
        'match:chat' as never,
        ((message: { text: string }, ack?: (reply: unknown) => void) => {
          if (ack) ack({ ok: true, data: { length: message.text.length } })
          ;(socket as unknown as { emit(event: string, value: unknown): void }).emit('chat', message)
        }) as never,
      )
    })
    make()
    const typed = app.sdk.createGameClient<Chat>({ url: server.url })
    await typed.connect()
    const received: string[] = []
    typed.on('chat', ({ text }) => received.push(text))
    const { length } = await typed.request('match:chat', { text: 'hello' })
    typed.emit('match:chat', { text: 'again' })
    await until(() => received.length === 2, 'both events')
    expect([length, ...received]).toEqual([5, 'hello', 'again'])
    expect(server.connections).toBe(1)
  })
})

describe('a host that is wrong', () => {
  test('about an existing network: the connection is tried anyway', async () => {
    make()
    app.host.wx.getNetworkType = ({ success }) => app.phone.run(() => success({ networkType: 'none' }))
    await client.connect()
    expect(client.state.status).toBe('online')
  })
  test('about its return, by reporting nothing', async () => {
    make({ closeEvents: 'always' })
    await client.connect()
    app.phone.setNetwork('none')
    await until(() => client.state.status === 'offline', 'offline')
    app.phone.network = '4g'
    await online(client, 8000)
  })
  test.each<[string, { getNetworkType: WxApi['getNetworkType'] | undefined }]>([
    ['fails', { getNetworkType: ({ fail }) => void setTimeout(() => fail?.({ errMsg: 'getNetworkType:fail' }), 1) }],
    ['gets no reply', { getNetworkType: () => undefined }],
    ['does not exist', { getNetworkType: undefined }],
  ])('about the network, whose query %s: a healthy connection is kept', async (_, change) => {
    make()
    await client.connect()
    Object.assign(app.host.wx, change)
    app.phone.hide()
    await pause(50)
    app.phone.show()
    await pause(200)
    expect([server.connections, client.state.status]).toEqual([1, 'online'])
  })
  test('about having been hidden before connect() was called', async () => {
    make({ closeEvents: 'never', freezeAfterMs: 200, dropAfterMs: 250 })
    app.phone.hide()
    await pause(50)
    client.connect().catch(() => undefined)
    await pause(400)
    expect(client.state.status).toBe('suspended')
    app.phone.show()
    await online(client)
    await client.sync()
  })
})

test('a server that acknowledges nothing is tried less and less often, and the state says so', async () => {
  make()
  await client.connect()
  await closeCleanly(app, client)
  app = startApp({ name: 'ann' })
  client = app.sdk.createGameClient({ url: server.url, hedge: false, timing: { ...QUICK, ackTimeoutMs: 60, maxDelayMs: 1000 } })
  server.swallow['match:sync'] = 1e9
  const before = server.connections
  await client.connect()
  await pause(2000)
  expect(server.connections - before).toBeLessThan(9)
  expect(client.state.failures).toBeGreaterThan(2)
})
