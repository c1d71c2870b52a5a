import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { WebSocket as WsWebSocket } from 'ws'
import { createGameClient } from '../../src/client/create.ts'
import type { GameClient } from '../../src/client/client.ts'
import { webHost } from '../../src/host/web.ts'
import { WireServer } from '../support/wire-server.ts'
import { until } from '../support/until.ts'

let server: WireServer
const clients: GameClient[] = []
beforeEach(async () => {
  server = await WireServer.start()
})
afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  vi.unstubAllGlobals()
  await server.close()
})

let codes = 0
function join(name: string, options = {}): GameClient {
  const client = createGameClient({ url: server.url, login: () => `${name}.web${++codes}`, timing: { minDelayMs: 20 }, ...options })
  clients.push(client)
  return client
}

async function playOne(ann: GameClient, ben: GameClient): Promise<void> {
  await Promise.all([ann.connect(), ben.connect()])
  await Promise.all([ann.find({ mode: 'casual', bestOf: 1 }), ben.find({ mode: 'casual', bestOf: 1 })])
  await Promise.all([ann.move('rock'), ben.move('scissors')])
  await until(() => ann.match?.status === 'finished', 'the end')
  expect(ann.match?.result?.winner).toBe(ann.seat)
}

describe('in Node', () => {
  test('two clients in one process play a match', async () => {
    await playOne(join('ann'), join('ben'))
  })
  test('the WebSocket of ws works as well', async () => {
    await playOne(join('ann', { WebSocket: WsWebSocket }), join('ben'))
  })
  test('without a way to log in it says so', async () => {
    await expect(join('ann', { login: undefined }).connect()).rejects.toMatchObject({ code: 'login_failed' })
  })
  test('a login that throws is an error of the client', async () => {
    const login = (): never => {
      throw new Error('no provider')
    }
    await expect(join('ann', { login }).connect()).rejects.toMatchObject({ code: 'login_failed', message: 'no provider' })
  })
  test('a profile is changed by PATCH, as in the contract', async () => {
    const client = join('ann')
    await client.connect()
    expect((await client.updateProfile({ nickname: 'Ann' })).nickname).toBe('Ann')
    expect(webHost({}).canPatch).toBe(true)
  })
})

describe('a request', () => {
  const request = { method: 'GET' as const, headers: {}, timeoutMs: 60 }
  test('without a reply ends in timeout', async () => {
    const silent = createServer(() => undefined)
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`
    await expect(webHost({}).request({ ...request, url })).rejects.toMatchObject({ code: 'timeout' })
    silent.closeAllConnections()
    silent.close()
  })
  test('to a closed port ends in network', async () => {
    await expect(webHost({}).request({ ...request, url: 'http://127.0.0.1:1/' })).rejects.toMatchObject({ code: 'network' })
  })
})

describe('in a browser', () => {
  /** The part of a page that the host reads. */
  function page() {
    const target = new EventTarget()
    const document = Object.assign(new EventTarget(), { visibilityState: 'visible' })
    const navigator = { onLine: true }
    const items = new Map<string, string>()
    vi.stubGlobal('window', target)
    vi.stubGlobal('document', document)
    vi.stubGlobal('navigator', navigator)
    vi.stubGlobal('localStorage', {
      getItem: (key: string) => items.get(key) ?? null,
      setItem: (key: string, value: string) => items.set(key, value),
      removeItem: (key: string) => items.delete(key),
    })
    return {
      items,
      see: (state: 'visible' | 'hidden') => {
        document.visibilityState = state
        document.dispatchEvent(new Event('visibilitychange'))
      },
      goes: (online: boolean) => {
        navigator.onLine = online
        target.dispatchEvent(new Event(online ? 'online' : 'offline'))
      },
    }
  }

  test('a tab in the background stays online, and is probed when it is looked at again', async () => {
    const { see, items } = page()
    const client = join('ann')
    await client.connect()
    expect(items.get('caiquan.session')).toBeTruthy()
    await until(() => server.count('match:sync') === 1, 'the first probe')
    see('hidden')
    expect(client.state.status).toBe('online')
    server.socketOf('p-ann')?.disconnect(true)
    await until(() => server.connections === 2, 'a new connection in the background')
    await until(() => client.state.status === 'online', 'online')
    await until(() => server.count('match:sync') === 2, 'the probe of the new connection')
    see('visible')
    await until(() => server.count('match:sync') === 3, 'a second probe')
    expect(server.connections).toBe(2)
  })

  test('navigator.onLine is a hint: without it the client connects anyway, and stays connected', async () => {
    const { goes } = page()
    goes(false)
    const client = join('ann')
    await client.connect()
    expect(client.state.status).toBe('online')
    goes(true)
    goes(false)
    await until(() => client.state.status === 'online', 'online: the server replied')
    expect(server.connections).toBe(1)
    client.close()
    goes(true)
    expect(client.state.status).toBe('closed')
  })

  test('a tab that starts hidden connects', async () => {
    const { see } = page()
    see('hidden')
    await join('ann').connect()
  })
})
