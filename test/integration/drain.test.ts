/** A node that shuts down closes connections, not sockets: the client sees a lost connection and reconnects by itself. */
import { once } from 'node:events'
import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server } from 'socket.io'
import { io as connect, type Socket } from 'socket.io-client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { drain } from '../../server/src/realtime/drain.ts'
import type { GameServer } from '../../server/src/realtime/types.ts'

let http: HttpServer
let io: GameServer
let url: string
const clients: Socket[] = []

beforeEach(async () => {
  http = createServer()
  io = new Server(http)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
})
afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect()
  await io.close()
})

async function join(transports: string[]): Promise<{ client: Socket; notice: () => unknown; reason: Promise<string> }> {
  const client = connect(url, { transports, forceNew: true, reconnectionDelay: 10_000 })
  clients.push(client)
  let draining: unknown
  client.on('server:draining', (event) => (draining = event))
  await new Promise((resolve) => client.once('connect', () => resolve(null)))
  return { client, notice: () => draining, reason: new Promise((resolve) => client.once('disconnect', resolve)) }
}

test.each([['websocket'], ['polling']])('clients by %s are notified, lose their connection, and will reconnect', async (transport) => {
  const players = await Promise.all(Array.from({ length: 6 }, () => join([transport])))
  await drain(io, 300, new AbortController().signal)
  for (const { client, reason, notice } of players) {
    // 'io server disconnect' would mean that the server refuses the client, and Socket.IO would not reconnect.
    expect(await reason).toBe('transport close')
    expect(client.active).toBe(true)
    expect(notice()).toEqual({ reconnectWithinMs: 300 })
  }
  expect(io.sockets.sockets.size).toBe(0)
})

test('connections close evenly over the window, and all at once when the drain is hurried', async () => {
  await Promise.all(Array.from({ length: 20 }, () => join(['websocket'])))
  const hurry = new AbortController()
  const done = drain(io, 10_000, hurry.signal)
  await expect.poll(() => io.sockets.sockets.size, { timeout: 5000, interval: 10 }).toBeLessThan(20)
  expect(io.sockets.sockets.size).toBeGreaterThan(10)
  hurry.abort()
  await done
  expect(io.sockets.sockets.size).toBe(0)
})
