import { once } from 'node:events'
import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server, type Socket as ServerSocket } from 'socket.io'
import { connect, type Socket } from 'socket.io-client'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { frameOf, sendToAll } from '../../server/src/realtime/shared-frame.ts'
import type { GameSocket } from '../../server/src/realtime/types.ts'

let http: HttpServer
let server: Server
let url: string
let clients: Socket[]

beforeEach(async () => {
  clients = []
  http = createServer()
  server = new Server(http)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
})
afterEach(async () => {
  for (const client of clients) client.disconnect()
  await server.close()
})

async function join(transport: 'websocket' | 'polling'): Promise<{ socket: ServerSocket; client: Socket }> {
  const joined = once(server, 'connection') as Promise<[ServerSocket]>
  const client = connect(url, { transports: [transport], upgrade: false, reconnection: false, forceNew: true })
  clients.push(client)
  const [socket] = await joined
  if (!client.connected) await once(client as never, 'connect')
  return { socket, client }
}

const send = (sockets: ServerSocket[], payload: unknown): void => sendToAll(sockets as unknown as GameSocket[], 'emote', payload as never)

/** What is written to the connection of a WebSocket from now on. */
function piecesOf(socket: ServerSocket): () => Buffer[] {
  const write = vi.spyOn(socket.conn.request.socket, 'write')
  return () => write.mock.calls.map(([piece]) => (Buffer.isBuffer(piece) ? piece : Buffer.from(String(piece))))
}

test('every socket gets the event, whatever its transport, as if Socket.IO had sent it to each', async () => {
  const players = [await join('websocket'), await join('polling'), await join('websocket')]
  for (const payload of [{ short: 1 }, { nickname: '石头👊'.repeat(20) }, { long: '纸'.repeat(30_000) }]) {
    const arrived = players.map(({ client }) => once(client as never, 'emote'))
    send(
      players.map(({ socket }) => socket),
      payload,
    )
    expect(await Promise.all(arrived)).toEqual(players.map(() => [payload]))
  }
})

test('a WebSocket gets the very bytes that Socket.IO sends, framed once for all sockets and in one piece', async () => {
  const players = [await join('websocket'), await join('websocket')]
  const payload = { view: '布'.repeat(100) }
  const written = players.map(({ socket }) => piecesOf(socket))
  send(
    players.map(({ socket }) => socket),
    payload,
  )
  const [one = [], two = []] = written.map((pieces) => pieces())
  expect([one.length, two.length]).toEqual([1, 1])
  expect(one[0]).toBe(two[0])
  const { socket } = await join('websocket')
  const emitted = piecesOf(socket)
  socket.emit('emote', payload)
  expect(Buffer.concat(one)).toEqual(Buffer.concat(emitted()))
})

test.each([0, 1, 125, 126, 65_535, 65_536, 70_000])('a frame of %i bytes is one that ws would make', (length) => {
  const text = 'x'.repeat(length)
  const { Sender } = WebSocket as unknown as { Sender: { frame(data: Buffer, options: object): Buffer[] } }
  expect(frameOf(text)).toEqual(
    Buffer.concat(Sender.frame(Buffer.from(text), { readOnly: false, mask: false, rsv1: false, opcode: 1, fin: true })),
  )
})

test('a socket that is gone is left out', async () => {
  const [gone, here] = [await join('websocket'), await join('websocket')]
  gone.socket.disconnect(true)
  const arrived = once(here.client as never, 'emote')
  send([gone.socket, here.socket], { still: 'here' })
  expect(await arrived).toEqual([{ still: 'here' }])
})
