/**
 * `batchWrites` delays Engine.IO's transports by their `writable` and `ready`, which are not a public interface: this test notices if they
 * change.
 */
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Server } from 'socket.io'
import { io as connect, type Socket } from 'socket.io-client'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { batchWrites } from '../../server/src/realtime/batch-writes.ts'

let server: Server
let client: Socket | undefined
let url: string

beforeEach(async () => {
  const http = createServer()
  server = new Server(http)
  batchWrites(server)
  await once(http.listen(0, '127.0.0.1'), 'listening')
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
})
afterEach(async () => {
  client?.disconnect()
  await server.close()
})

async function connected(transport: 'websocket' | 'polling') {
  const joined = once(server, 'connection') as Promise<[import('socket.io').Socket]>
  client = connect(url, { transports: [transport], upgrade: false, reconnection: false })
  const [socket] = await joined
  if (!client.connected) await once(client as never, 'connect')
  // The output of the handshake has been sent.
  await new Promise((resolve) => setTimeout(resolve, 20))
  return { socket, client }
}

/** Everything that arrives at the client, once there are this many events. */
function received(from: Socket, count: number): Promise<unknown[]> {
  const { promise, resolve } = Promise.withResolvers<unknown[]>()
  const events: unknown[] = []
  from.onAny((...event: unknown[]) => {
    if (events.push(event) === count) resolve(events)
  })
  return promise
}

test('the output to a WebSocket of one event-loop tick is sent in one write and in order', async () => {
  const { socket, client: phone } = await connected('websocket')
  const stream = socket.conn.request.socket
  const single = vi.spyOn(stream, '_write')
  const many = vi.spyOn(stream as unknown as { _writev(...args: unknown[]): void }, '_writev')
  const arrived = received(phone, 3)
  socket.emit('one', 1)
  socket.emit('two', { two: 2 })
  socket.emit('three', '3'.repeat(70_000))
  expect(await arrived).toEqual([
    ['one', 1],
    ['two', { two: 2 }],
    ['three', '3'.repeat(70_000)],
  ])
  expect([single.mock.calls.length, many.mock.calls.length]).toEqual([0, 1])
  const next = received(phone, 1)
  socket.emit('four', 4)
  expect(await next).toEqual([['four', 4]])
})

test('a long-polling client gets the same', async () => {
  const { socket, client: phone } = await connected('polling')
  const arrived = received(phone, 2)
  socket.emit('one', 1)
  socket.emit('two', 2)
  expect(await arrived).toEqual([
    ['one', 1],
    ['two', 2],
  ])
})
