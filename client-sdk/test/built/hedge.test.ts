import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { GameClient } from '../../src/client/client.ts'
import type { GameClientOptions } from '../../src/client/options.ts'
import { lateAfter, measured, UNMEASURED } from '../../src/connection/round-trips.ts'
import { closeCleanly, online, startApp, type App } from '../support/app.ts'
import { assertDefined } from '../support/assert-defined.ts'
import { seeded } from '../support/random.ts'
import { until } from '../support/until.ts'
import { WireServer } from '../support/wire-server.ts'

/** Guarantee 12, as far as a client can keep it: no player waits for a node that stalls. */
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

function make(options: Partial<GameClientOptions> = {}): void {
  app = startApp({ name: 'ann' })
  client = app.sdk.createGameClient({ url: server.url, ...options })
}
const queries = (): string[] => app.host.tasks.map(({ call }) => call.url.replace(/^.*\?/, ''))
/** A node that accepts the first handshakes and does nothing with them; `wake` continues them. */
function stall(count: number): { wake(): void } {
  const held: (() => void)[] = []
  server.io.use((_, next) => {
    if (held.length < count) held.push(next)
    else next()
  })
  return { wake: () => held.forEach((next) => next()) }
}

describe('a new connection that reaches a stalled node', () => {
  test('is overtaken by an attempt elsewhere within two seconds', async () => {
    stall(1)
    make()
    const begun = Date.now()
    await client.connect()
    expect(Date.now() - begun).toBeLessThan(2000)
    expect(queries()[0]).not.toContain('attempt')
    expect(queries()[1]).toMatch(/elsewhere=1&attempt=2/)
    expect(client.state.failures).toBe(0)
  })

  test('and by a third, if the second stalls as well', async () => {
    stall(2)
    make()
    const begun = Date.now()
    await client.connect()
    expect(Date.now() - begun).toBeLessThan(2000)
    expect(queries()[2]).toMatch(/elsewhere=1&attempt=3/)
    expect(app.host.maxOpen).toBe(2)
  })

  test('does not end the client as replaced when it wakes up and is accepted late', async () => {
    const node = stall(1)
    make()
    await client.connect()
    let replaced = 0
    client.on('session:replaced', () => void replaced++)
    // The server takes the old handshake for the newest connection.
    const [socket] = server.io.sockets.sockets.values()
    assertDefined(socket).emit('session:replaced')
    assertDefined(socket).disconnect(true)
    node.wake()
    await until(() => replaced === 1, 'session:replaced')
    await online(client)
    expect(client.state.reason).toBeNull()
    await client.sync()
  })

  test('is waited for if second attempts are turned off', async () => {
    const node = stall(1)
    make({ hedge: false })
    const connected = client.connect()
    await new Promise((resolve) => setTimeout(resolve, 1500))
    expect(app.host.tasks).toHaveLength(1)
    node.wake()
    await connected
  })
})

describe('a command that a stalled node swallowed', () => {
  test('is served elsewhere within two seconds, and its own older connection does not end it', async () => {
    make()
    await client.connect()
    await client.sync()
    server.swallow['match:cancel'] = 1
    const begun = Date.now()
    await client.cancel()
    expect(Date.now() - begun).toBeLessThan(2000)
    expect(server.connections).toBe(2)
    expect(queries()[1]).toMatch(/elsewhere=1&attempt=2/)
    await online(client)
    expect(client.state.reason).toBeNull()
  })

  test('costs nothing if its reply comes after all', async () => {
    make()
    await client.connect()
    await client.sync()
    const held = stall(1)
    server.swallow['match:cancel'] = 1
    const cancelled = client.cancel()
    await until(() => app.host.tasks.length === 2, 'a second attempt', 2000)
    await client.sync()
    await until(() => app.host.tasks.filter((task) => task.alive).length === 1, 'one socket')
    expect(server.connections).toBe(1)
    held.wake()
    await cancelled
  })

  test('starts nothing if the server replies to a later command: the connection lives', async () => {
    make()
    await client.connect()
    await client.sync()
    server.swallow['match:cancel'] = 1
    const cancelled = client.cancel()
    await client.sync()
    await new Promise((resolve) => setTimeout(resolve, 1500))
    expect(app.host.tasks).toHaveLength(1)
    await cancelled
  })

  test('that the app sent by itself is not hedged: a slow handler is slow', async () => {
    make()
    await client.connect()
    await client.sync()
    server.io.on('connection', () => undefined)
    const [socket] = server.io.sockets.sockets.values()
    let runs = 0
    assertDefined(socket).on(
      'shop:pay' as never,
      ((_: unknown, ack: (reply: unknown) => void) => {
        runs++
        setTimeout(() => ack({ ok: true, data: runs }), 2500)
      }) as never,
    )
    const request = client.request as unknown as (event: string, payload: object) => Promise<unknown>
    expect(await request.call(client, 'shop:pay', {})).toBe(1)
    expect(server.connections).toBe(1)
  })
})

describe('the time after which a reply is late', () => {
  const slow = Array.from({ length: 20 }, () => 900).reduce(measured, UNMEASURED)
  test('follows the round trips that were measured', () => {
    expect(lateAfter(UNMEASURED, 800, 1500)).toBe(800)
    expect(lateAfter(slow, 800, 1500)).toBeGreaterThan(900)
    expect(lateAfter(measured(UNMEASURED, 2000), 800, 1500)).toBe(3500)
    expect(lateAfter(measured(UNMEASURED, 5000), 800, 1500)).toBe(7500)
  })

  test('is known from the login on, so that the first handshake over a slow network raises no alarm', async () => {
    server.loginMs = 1500
    server.handshakeMs = 2000
    make()
    await client.connect()
    expect(queries()).toHaveLength(1)
  })

  // TCP sends a lost packet again after the round trip and four variations, at least 200 ms, and each further time
  // after twice as long.
  test('hardly ever starts a second connection over 1.5 s of round trip with 2 % of loss, and never gives one up for it', () => {
    const random = seeded(4711)
    const [ROUND_TRIP, LOSS, HANDSHAKE_ROUND_TRIPS] = [1500, 0.02, 4]
    const once = (): number => {
      let ms = ROUND_TRIP * (0.9 + random() * 0.2)
      for (let again = ROUND_TRIP + 300; random() < 2 * LOSS; again *= 2) ms += again
      return ms
    }
    let trips = Array.from({ length: 5 }, once).reduce(measured, UNMEASURED)
    const [started, replaced] = [[] as number[], [] as number[]]
    for (let i = 0; i < 10_000; i += 1) {
      const ms = once()
      const late = lateAfter(trips, 800, 1500)
      if (ms > late) started.push(ms)
      // The second connection replaces the first once its handshake is done, unless the reply came before.
      if (ms > late + HANDSHAKE_ROUND_TRIPS * ROUND_TRIP) replaced.push(ms)
      trips = measured(trips, ms)
    }
    console.log(`of 10,000 replies ${started.length} started a second connection, ${replaced.length} were overtaken by one`)
    expect(started.length / 10_000).toBeLessThan(0.06)
    expect(replaced.length / 10_000).toBeLessThan(0.001)
  })
})
