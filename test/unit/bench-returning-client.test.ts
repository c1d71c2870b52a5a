import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server, type Socket } from 'socket.io'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connectReturning } from '../../load/bench/returning-client.ts'

let io: Server
let url = ''
let sockets: Socket[] = []
/** What the server does to the next handshakes, in order; then it accepts. */
let refusals: ({ code: string } | null)[] = []
let match: object | null = null

beforeEach(async () => {
  const http = createServer()
  io = new Server(http)
  sockets = []
  refusals = []
  match = { id: 'm', status: 'playing' }
  io.use((socket, next) => {
    const refusal = refusals.shift()
    if (refusal) next(Object.assign(new Error(refusal.code), { data: refusal }))
    else next(socket.handshake.auth['sessionId'] === 'session' ? undefined : new Error('no session'))
  })
  io.on('connection', (socket) => {
    sockets.push(socket)
    socket.emit('match', match)
    socket.on('match:sync', (ack: (reply: unknown) => void) => ack({ ok: true, data: { match, queue: null } }))
    socket.on('match:find', (request: { bestOf: number }, ack: (reply: unknown) => void) =>
      ack(request.bestOf === 5 ? { ok: true, data: {} } : { ok: false, error: { code: 'bad_request', message: '' } }),
    )
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`
})
afterEach(() => io.close())

async function connected() {
  const views: unknown[] = []
  const gone: string[] = []
  const client = await connectReturning({
    url,
    sessionId: 'session',
    onMatch: (view) => views.push(view),
    onBytes: () => undefined,
    onGone: (why) => gone.push(why),
  })
  return { client, views, gone }
}

test('a player whose socket is lost comes back with the same session after the back-off of the SDK, and has the match again', async () => {
  const { client, views, gone } = await connected()
  const { ms, sockets: opened } = await client.loseSocket()
  expect(opened).toBe(1)
  expect(ms).toBeGreaterThanOrEqual(120)
  expect(sockets).toHaveLength(2)
  expect(views).toHaveLength(2)
  expect(gone).toEqual([])
  client.close()
})

test('a refused handshake is repeated as the SDK does it, and counts as a socket that was opened', async () => {
  const { client } = await connected()
  refusals = [{ code: 'overloaded' }]
  expect((await client.loseSocket()).sockets).toBe(2)
  client.close()
})

test('a player who has no match after the return has failed', async () => {
  const { client } = await connected()
  match = null
  await expect(client.loseSocket()).rejects.toThrow('the match is gone')
  client.close()
})

test('commands are acknowledged with their outcome, on the connection of the moment', async () => {
  const { client } = await connected()
  await client.loseSocket()
  const reply = (bestOf: number) => new Promise<string>((resolve) => client.emit('match:find', { bestOf }, resolve))
  expect(await reply(5)).toContain('"ok":true')
  expect(await reply(4)).toContain('"code":"bad_request"')
  client.close()
})

test('a session that the server refuses for good is reported', async () => {
  const { client, gone } = await connected()
  refusals = [{ code: 'unauthorized' }]
  const lost = client.loseSocket()
  lost.catch(() => undefined)
  await expect.poll(() => gone).toEqual(['unauthorized'])
  client.close()
})
