import { readFileSync } from 'node:fs'
import { request as requestHttp, type IncomingHttpHeaders } from 'node:http'
import { request as requestHttps } from 'node:https'
import { join } from 'node:path'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { io, type Socket } from 'socket.io-client'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { commandLine } from '../../tools/services/alive.ts'
import { startNginx, type Nginx, type NginxOptions } from '../../tools/services/nginx.ts'
import { takePort } from '../../tools/services/ports.ts'
import { fakeNode, type Echo, type FakeNode } from '../support/fake-node.ts'
import { tempDir } from '../support/temp.ts'

let nodes: FakeNode[]
let nginx: Nginx
let dir: string
const sockets: Socket[] = []

async function start(change: Partial<NginxOptions> = {}): Promise<void> {
  dir = tempDir('nginx')
  nginx = await startNginx({ dir, port: await takePort(), httpPort: await takePort(), nodes, ...change })
}
beforeEach(async () => {
  nodes = await Promise.all(['n1', 'n2', 'n3'].map((name) => fakeNode(name)))
  await start()
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.disconnect()
  await nginx.service.kill()
  await Promise.all(nodes.map((node) => node.close()))
})

interface Reply {
  status: number
  headers: IncomingHttpHeaders
  body: string
}
/** A request on a connection of its own. */
function call(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string; base?: string } = {},
): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>()
  const url = `${options.base ?? nginx.url}${path}`
  const settings = { method: options.method ?? 'GET', headers: options.headers ?? {}, agent: false as const }
  const ca = readFileSync(nginx.certificate)
  const request = url.startsWith('https:') ? requestHttps(url, { ...settings, ca }) : requestHttp(url, settings)
  request.once('response', (response) => {
    let body = ''
    response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
  })
  request.once('error', reject)
  request.end(options.body)
  return promise
}
const echo = async (...args: Parameters<typeof call>): Promise<Echo> => JSON.parse((await call(...args)).body) as Echo
const cookieOf = ({ headers }: Reply): string | undefined => headers['set-cookie']?.[0]?.split(';')[0]
const nodeNamed = (name: string): FakeNode => nodes.find((node) => node.name === name) ?? expect.unreachable()

async function play(options: { transports: string[]; cookie?: boolean }): Promise<Socket> {
  const socket = io(nginx.url, {
    transports: options.transports,
    withCredentials: options.cookie ?? false,
    ca: readFileSync(nginx.certificate, 'utf8'),
    reconnection: false,
    forceNew: true,
  })
  sockets.push(socket)
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('connect_error', reject)
  })
  return socket
}

test('new connections are spread over the nodes', async () => {
  const seen = await Promise.all(Array.from({ length: 12 }, async () => (await echo('/')).node))
  expect(new Set(seen)).toEqual(new Set(['n1', 'n2', 'n3']))
})

const HANDSHAKE = '/socket.io/?EIO=4&transport=polling'

test('a client of long-polling stays with its node, and gets the cookie once; other requests get no cookie', async () => {
  const first = await call(HANDSHAKE)
  const node = cookieOf(first)?.split('=')[1] ?? ''
  expect(first.headers['set-cookie']).toEqual([`cq_node=${node}; Path=/; HttpOnly; Secure; SameSite=Lax`])
  for (let i = 0; i < 6; i++) {
    expect((await echo('/', { headers: { cookie: `cq_node=${node}` } })).node).toBe(node)
    expect((await call(HANDSHAKE, { headers: { cookie: `cq_node=${node}` } })).headers['set-cookie']).toBeUndefined()
  }
  for (const path of ['/', '/api/session', '/socket.iox/']) expect((await call(path)).headers['set-cookie'], path).toBeUndefined()
})

test('a cookie that names no node is replaced', async () => {
  for (const value of ['n9', 'connecting', 'asked', '', '127.0.0.1:1'])
    expect(cookieOf(await call(HANDSHAKE, { headers: { cookie: `cq_node=${value}` } }))).toMatch(/^cq_node=n\d$/)
})

test('a client that asks for another node gets the nodes in turn, whatever its cookie, and stays with the one that accepts', async () => {
  const headers = { cookie: 'cq_node=n1' }
  const nodeOf = async (query: string): Promise<string> =>
    cookieOf(await call(`/socket.io/?EIO=4&transport=polling${query}`, { headers }))?.split('=')[1] ?? 'n1'
  const asked: string[] = []
  for (let attempt = 2; attempt < 8; attempt += 1) asked.push(await nodeOf(`&elsewhere=1&attempt=${attempt}`))
  expect(new Set(asked.slice(0, 3)).size, 'three attempts, three nodes').toBe(3)
  expect(asked.slice(3)).toEqual(asked.slice(0, 3))
  for (const query of ['', '&elsewhere=0', '&elsewhere=1&sid=one', '&elsewhere=1&sid=two', '&elsewhere=1&sid=three', '&elsewhere=11'])
    expect(await nodeOf(query), query).toBe('n1')
})

test('the clients of a dead node go to another node and stay there', async () => {
  await nodeNamed('n2').close()
  const begun = performance.now()
  const reply = await call('/', { headers: { cookie: 'cq_node=n2' } })
  expect(performance.now() - begun).toBeLessThan(1000)
  expect(['n1', 'n3']).toContain((JSON.parse(reply.body) as Echo).node)
  expect(cookieOf(await call(HANDSHAKE, { headers: { cookie: 'cq_node=n2' } }))).toMatch(/^cq_node=n[13]$/)
  const seen = await Promise.all(Array.from({ length: 10 }, async () => (await echo('/')).node))
  expect(seen).not.toContain('n2')
})

/** A node that keeps its connections and replies to nothing: `release` lets it continue. */
function stall(node: FakeNode): void {
  node.handler = () => undefined
  node.io.engine.use(() => undefined)
}

test('a node that replies to nothing gets no new connection and no call of the API, and a call is sent once', async () => {
  stall(nodeNamed('n2'))
  const begun = performance.now()
  const opened = await Promise.all(Array.from({ length: 9 }, () => play({ transports: ['websocket'] })))
  const replies = await Promise.all(
    Array.from({ length: 9 }, () =>
      echo('/api/login', { method: 'POST', body: '{"code":"once"}', headers: { 'content-type': 'application/json' } }),
    ),
  )
  expect(performance.now() - begun).toBeLessThan(2000)
  expect(nodes.map(({ io: { engine } }) => engine.clientsCount)).toEqual([expect.any(Number), 0, expect.any(Number)])
  expect(opened.every(({ connected }) => connected)).toBe(true)
  for (const { node, method, url } of replies)
    expect({ node, method, url }).toEqual({ node: expect.stringMatching(/^n[13]$/), method: 'POST', url: '/api/login' })
})

test('such a node is left alone for two seconds, and gets its share again once it replies', async () => {
  let asked = 0
  nodeNamed('n2').handler = () => void (asked += 1)
  for (let i = 0; i < 12; i++) await echo('/api/x')
  expect(asked).toBe(1)
  nodeNamed('n2').handler = null
  await vi.waitFor(async () => expect((await echo('/api/x')).node).toBe('n2'), { timeout: 5000, interval: 50 })
  const seen = await Promise.all(Array.from({ length: 9 }, async () => (await echo('/api/x')).node))
  expect(seen.filter((node) => node === 'n2')).toHaveLength(3)
})

test('the question before a call carries none of its data, and the next question on that connection is whole', async () => {
  const questions: Pick<Echo, 'method' | 'headers'>[] = []
  for (const node of nodes) {
    node.handler = ({ url, method = '', headers }, response) => {
      if (url === '/admission') questions.push({ method, headers })
      response.writeHead(url === '/admission' ? 204 : 200).end()
    }
  }
  const body = JSON.stringify({ code: 'x'.repeat(400) })
  for (let i = 0; i < 9; i++)
    expect(
      (await call('/api/login', { method: 'POST', body, headers: { sessionid: 'secret', 'content-type': 'application/json' } })).status,
    ).toBe(200)
  expect(questions).toHaveLength(9)
  for (const question of questions) expect(question).toEqual({ method: 'GET', headers: { host: 'admission' } })
})

test('a node that declines is asked last; if all decline, one of them serves; a node that does not know the question serves', async () => {
  const reply = (node: FakeNode, status: number): void => {
    node.handler = ({ url }, response) => response.writeHead(url === '/admission' ? status : 200).end(JSON.stringify({ node: node.name }))
  }
  const seen = async (): Promise<string[]> =>
    [...new Set(await Promise.all(Array.from({ length: 9 }, async () => (await echo('/api/x')).node)))].sort()
  reply(nodeNamed('n1'), 403)
  expect(await seen()).toEqual(['n2', 'n3'])
  for (const node of nodes) reply(node, 403)
  expect(await seen()).toEqual(['n1', 'n2', 'n3'])
  for (const node of nodes) reply(node, 404)
  expect(await seen()).toEqual(['n1', 'n2', 'n3'])
  // Whatever the others reply, nginx does not fall back to the node that does not reply.
  stall(nodeNamed('n3'))
  for (const status of [403, 404]) {
    for (const name of ['n1', 'n2']) reply(nodeNamed(name), status)
    const begun = performance.now()
    for (let i = 0; i < 3; i++) expect(await seen(), `they reply ${status}`).toEqual(['n1', 'n2'])
    expect(performance.now() - begun).toBeLessThan(8000)
  }
})

test.each([
  ['dead', 'dead'],
  ['dead', 'stalled'],
  ['stalled', 'stalled'],
] as const)(
  'the only node that is left serves although it declines, while the others are %s and %s',
  async (...others) => {
    nodeNamed('n3').handler = ({ url }, response) =>
      response.writeHead(url === '/admission' ? 403 : 200).end(JSON.stringify({ node: 'n3' }))
    for (const [index, how] of others.entries()) {
      const node = nodeNamed(`n${index + 1}`)
      if (how === 'dead') await node.close()
      else stall(node)
    }
    // Two seconds after a node failed, nginx asks it again. This measures both while the node is left alone and when it is asked again.
    for (const end = performance.now() + 3000; performance.now() < end;) {
      const replies = await Promise.all(Array.from({ length: 6 }, () => call('/api/x')))
      expect(replies.map(({ status, body }) => (status === 200 ? (JSON.parse(body) as Echo).node : status))).toEqual(Array(6).fill('n3'))
    }
  },
  20_000,
)

test('when all nodes are slow nginx waits longer for their replies, so that the stalled one among them gets nothing', async () => {
  stall(nodeNamed('n2'))
  for (const name of ['n1', 'n3'])
    nodeNamed(name).handler = ({ url }, response) =>
      void setTimeout(() => response.end(JSON.stringify({ node: name })), url === '/admission' ? 700 : 0)
  const begun = performance.now()
  const seen = await Promise.all(Array.from({ length: 12 }, async () => (await echo('/api/x')).node))
  for (const node of seen) expect(node).toMatch(/^n[13]$/)
  expect(performance.now() - begun, 'no request waited for the stalled node').toBeLessThan(8000)
})

test('when no node replies in time, requests go the usual way and take as long as they take', async () => {
  for (const node of nodes)
    node.handler = ({ url }, response) =>
      void (url === '/admission' || setTimeout(() => response.end(JSON.stringify({ node: node.name })), 100))
  expect(await echo('/api/x')).toMatchObject({ node: expect.stringMatching(/^n\d$/) })
})

test('no client outside reaches a node with that question', async () => {
  await call('/admission')
  expect(nodes.reduce((sum, node) => sum + node.replies, 0)).toBe(0)
})

test('long-polling works with the cookie, and only with it', async () => {
  const socket = await play({ transports: ['polling'], cookie: true })
  const name: unknown = await socket.timeout(2000).emitWithAck('who')
  expect(nodes.map((node) => node.name)).toContain(name)
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => play({ transports: ['polling'] })))
  // If they were all connected, the first half of this test would prove nothing.
  expect(outcomes.some(({ status }) => status === 'rejected')).toBe(true)
})

test('WebSockets need no cookie', async () => {
  const opened = await Promise.all(Array.from({ length: 12 }, () => play({ transports: ['websocket'] })))
  const names = await Promise.all(opened.map((socket) => socket.timeout(2000).emitWithAck('who') as Promise<string>))
  expect(new Set(names).size).toBe(3)
  expect(nodes.reduce((sum, node) => sum + node.io.engine.clientsCount, 0)).toBe(12)
})

test('new WebSockets are spread evenly', async () => {
  for (let i = 0; i < 9; i++) await play({ transports: ['websocket'] })
  const counts = nodes.map((node) => node.io.engine.clientsCount)
  expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
})

test('nodes that were all dead take all clients again as soon as they are back', async () => {
  const ports = nodes.map(({ port }) => port)
  await Promise.all(nodes.map((node) => node.close()))
  await expect(play({ transports: ['websocket'] })).rejects.toThrow()
  nodes = await Promise.all(ports.map((port, index) => fakeNode(`n${index + 1}`, { port })))
  // If nginx counted failures, it would let in one WebSocket after the other, every two seconds, until one of them ends.
  const opened = await Promise.all(Array.from({ length: 12 }, () => play({ transports: ['websocket'] })))
  expect(opened.every((socket) => socket.connected)).toBe(true)
})

test('a client cannot forge its address', async () => {
  const { headers } = await echo('/', {
    headers: {
      'x-forwarded-for': '6.6.6.6',
      'x-real-ip': '6.6.6.6',
      forwarded: 'for=6.6.6.6',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-port': '1',
      'x-request-id': 'forged',
    },
  })
  expect(JSON.stringify(headers)).not.toMatch(/6\.6\.6\.6|evil|forged/)
  expect(headers).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'https', host: new URL(nginx.url).host })
  expect(headers).not.toHaveProperty('forwarded')
  expect(headers).not.toHaveProperty('x-forwarded-port')
})

test('a request has an id that its reply carries too', async () => {
  const reply = await call('/')
  expect(reply.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/)
  expect((JSON.parse(reply.body) as Echo).headers['x-request-id']).toBe(reply.headers['x-request-id'])
})

test.each(['/metrics', '/metrics/', '/Metrics', '/METRICS/x', '//metrics', '/%6detrics', '/a/../metrics', '/metrics?x=1'])(
  '%s stays inside',
  async (path) => {
    const reply = await call(path)
    expect(reply.status).toBe(404)
    expect(JSON.parse(reply.body)).toHaveProperty('error.code', 'not_found')
    expect(nodes.reduce((sum, node) => sum + node.replies, 0)).toBe(0)
  },
)

test('plain HTTP is redirected to HTTPS, with method, path and query', async () => {
  const reply = await call('/a/b?c=d', { base: nginx.insecureUrl, method: 'POST' })
  expect(reply.status).toBe(308)
  expect(reply.headers.location).toBe(`${nginx.url}/a/b?c=d`)
})

test('a POST reaches another node when the first is gone, but is never sent twice', async () => {
  await nodeNamed('n1').close()
  expect(await echo('/', { method: 'POST', body: '{}', headers: { cookie: 'cq_node=n1' } })).toMatchObject({ method: 'POST' })

  nodeNamed('n2').handler = (request) => request.socket.destroy()
  const before = nodeNamed('n3').replies
  const reply = await call('/', { method: 'POST', body: '{}', headers: { cookie: 'cq_node=n2' } })
  expect(reply.status).toBe(503)
  expect(JSON.parse(reply.body)).toHaveProperty('error.code', 'unavailable')
  expect(reply.headers['set-cookie']).toBeUndefined()
  expect(nodeNamed('n3').replies).toBe(before)
})

test('with no node at all the reply is in the form of the catalogue', async () => {
  await Promise.all(nodes.map((node) => node.close()))
  const reply = await call('/')
  expect(reply.status).toBe(503)
  expect(reply.headers['content-type']).toContain('application/json')
  expect(JSON.parse(reply.body)).toHaveProperty('error.code', 'unavailable')
})

test("a node's own errors pass through as they are", async () => {
  for (const node of nodes)
    node.handler = (_, response) =>
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":{"code":"match_not_found"}}')
  expect(await call('/api/matches/1')).toMatchObject({ status: 404, body: '{"error":{"code":"match_not_found"}}' })
})

test('bodies above 64 KB are refused', async () => {
  expect((await echo('/', { method: 'POST', body: 'x'.repeat(64 * 1024) })).method).toBe('POST')
  expect(await call('/', { method: 'POST', body: 'x'.repeat(64 * 1024 + 1) })).toMatchObject({
    status: 413,
    body: expect.stringContaining('bad_request'),
  })
})

test('handshakes of one address are limited, requests of a connection are not', async () => {
  await nginx.service.kill()
  await start({ handshakesPerSecond: 1, handshakeBurst: 2 })
  const handshake = '/socket.io/?EIO=4&transport=polling'
  const statuses = await Promise.all(Array.from({ length: 6 }, async () => (await call(handshake)).status))
  expect(statuses.filter((status) => status === 200)).toHaveLength(3)
  const refused = await call(handshake)
  expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '1' }, body: expect.stringContaining('rate_limited') })
  // The node does not know this session, so the request did reach a node.
  expect((await call(`${handshake}&sid=x`)).status).toBe(400)
})

test('the log names the node that replied, and no secret', async () => {
  const reply = await call('/api/x?code=secret-code', { headers: { sessionid: 'secret-session' } })
  const line = await vi.waitFor(() => {
    const found = readFileSync(join(dir, 'access.log'), 'utf8')
      .split('\n')
      .find((entry) => entry.includes('/api/x'))
    return found ?? expect.unreachable()
  }, 3000)
  expect(line).not.toContain('secret')
  const { node } = JSON.parse(reply.body) as Echo
  expect(JSON.parse(line)).toMatchObject({ method: 'GET', path: '/api/x', status: 200, node, requestId: reply.headers['x-request-id'] })
})

test('nginx does not reveal its version and refuses old TLS', async () => {
  expect((await call('/')).headers['server']).toBe('nginx')
  const { hostname, port } = new URL(nginx.url)
  const handshake = (maxVersion: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3') =>
    new Promise<string | null>((resolve) => {
      // Level 0 lets this side offer versions that the other side must refuse.
      const socket: TLSSocket = connectTls(
        { host: hostname, port: Number(port), rejectUnauthorized: false, minVersion: 'TLSv1', maxVersion, ciphers: 'ALL:@SECLEVEL=0' },
        () => {
          resolve(socket.getProtocol())
          socket.destroy()
        },
      )
      socket.once('error', () => resolve(null))
    })
  expect(await handshake('TLSv1.1')).toBeNull()
  expect(await handshake('TLSv1.2')).toBe('TLSv1.2')
  expect(await handshake('TLSv1.3')).toBe('TLSv1.3')
})

test('a new node gets clients without a live socket being cut', async () => {
  const socket = await play({ transports: ['websocket'] })
  const before = (await socket.timeout(2000).emitWithAck('who')) as string
  nodes.push(await fakeNode('n4'))
  await nginx.setNodes(nodes)
  expect(await echo('/', { headers: { cookie: 'cq_node=n4' } })).toMatchObject({ node: 'n4' })
  expect(await socket.timeout(2000).emitWithAck('who')).toBe(before)
  expect(socket.connected).toBe(true)
})

test('an orderly stop lets no client in and lets live sockets finish', async () => {
  const socket = await play({ transports: ['websocket'] })
  const stopped = nginx.service.stop()
  await vi.waitFor(() => expect(call('/')).rejects.toThrow('ECONNREFUSED'))
  expect(await socket.timeout(2000).emitWithAck('who')).toMatch(/^n\d$/)
  expect(nginx.service.running).toBe(true)
  socket.disconnect()
  expect(await stopped).toEqual({ code: 0, signal: null })
})

test('killing nginx leaves no worker behind', async () => {
  const { pid } = nginx.service
  const workers = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
  expect(workers.length).toBeGreaterThan(0)
  await nginx.service.kill()
  await vi.waitFor(() => expect(workers.map(commandLine).join('')).toBe(''))
  await nginx.service.start()
  expect((await call('/')).status).toBe(200)
})
