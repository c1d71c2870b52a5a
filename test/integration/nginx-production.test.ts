import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request as requestHttps } from 'node:https'
import { join } from 'node:path'
import { io, type Socket } from 'socket.io-client'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ensureCertificate, type Certificate } from '../../nginx/certificate.ts'
import { statusOf } from '../../ops/services/http.ts'
import { claimPort, releasePort } from '../../ops/services/ports.ts'
import { fakeNode, type FakeNode } from '../support/fake-node.ts'
import { nameServer, type NameServer } from '../support/name-server.ts'
import { check, forOlder, isModern, NGINX, relocate, substitute, TEMPLATE, type Places } from '../support/production-nginx.ts'
import { tempDir } from '../support/temp.ts'

let dir: string
let certificate: Certificate
let places: Places
let nodePort: number

const envOf = (dns: number): Record<string, string> => ({
  NGINX_WORKERS: '2',
  NGINX_CONNECTIONS: '4096',
  NGINX_OPEN_FILES: '4300',
  NGINX_SHUTDOWN_TIMEOUT: '10s',
  NGINX_LOCAL_RESOLVERS: `127.0.0.1:${dns}`,
  NGINX_NODES: `server.caiquan.svc.cluster.local:${nodePort}`,
  NGINX_HANDSHAKES_PER_SECOND: '200',
  NGINX_HANDSHAKE_BURST: '2000',
  NGINX_STRICT_TRANSPORT_SECURITY: 'max-age=63072000',
  NGINX_PORT_SUFFIX: '',
  NGINX_CERTIFICATE: certificate.certificate,
  NGINX_CERTIFICATE_KEY: certificate.key,
})

beforeEach(async () => {
  dir = tempDir('nginx-production')
  certificate = await ensureCertificate(join(dir, 'tls'))
  nodePort = await claimPort()
  places = { dir, httpPort: await claimPort(), port: await claimPort(), probePort: await claimPort() }
})
afterEach(() => {
  for (const port of [nodePort, places.httpPort, places.port, places.probePort]) releasePort(port)
})

test('nginx accepts the production template, without what it is too old for', () => {
  const text = relocate(substitute(TEMPLATE, envOf(53)), places)
  expect(() => check(dir, isModern() ? text : forOlder(text))).not.toThrow()
})

// Runs where NGINX names a new enough one; Debian 12 has none.
describe.runIf(isModern())('with nodes that come and go', () => {
  let nodes: FakeNode[]
  let dns: NameServer
  let stop: () => Promise<void>
  const sockets: Socket[] = []

  beforeEach(async () => {
    dns = await nameServer()
    nodes = await Promise.all([2, 3, 4].map((n) => fakeNode(`n${n}`, { host: `127.0.0.${n}`, port: nodePort })))
    const file = check(dir, relocate(substitute(TEMPLATE, envOf(dns.port)), places))
    const child = spawn(NGINX, ['-p', dir, '-c', file, '-e', join(dir, 'error.log'), '-g', 'daemon off;'], { stdio: 'ignore' })
    stop = async () => {
      child.kill('SIGTERM')
      if (child.exitCode === null) await once(child, 'exit')
    }
    await expect.poll(() => statusOf(`http://127.0.0.1:${places.probePort}/`)).toBe(200)
  })
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.disconnect()
    await stop()
    await Promise.all(nodes.map((node) => node.close()))
    await dns.close()
  })

  function call(path: string, headers: Record<string, string> = {}): Promise<{ status: number; node: string; cookie: string | undefined; hsts: string | undefined; body: string }> {
    const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<typeof call>>>()
    const request = requestHttps(`https://127.0.0.1:${places.port}${path}`, { headers, agent: false, ca: readFileSync(certificate.certificate) })
    request.once('error', reject)
    request.once('response', (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
      response.once('end', () => {
        const { node = '' } = (body.startsWith('{') ? JSON.parse(body) : {}) as { node?: string }
        resolve({ status: response.statusCode ?? 0, node, cookie: response.headers['set-cookie']?.[0], hsts: response.headers['strict-transport-security'], body })
      })
    })
    request.end()
    return promise
  }
  const seen = async (): Promise<string[]> => [...new Set(await Promise.all(Array.from({ length: 12 }, async () => (await call('/')).node)))].sort()
  async function play(transport: 'websocket' | 'polling'): Promise<Socket> {
    const socket = io(`https://127.0.0.1:${places.port}`, { transports: [transport], withCredentials: true, ca: readFileSync(certificate.certificate, 'utf8'), reconnection: false, forceNew: true })
    sockets.push(socket)
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('connect_error', reject)
    })
    return socket
  }
  const names = { timeout: 10_000, interval: 200 }

  test('it starts without any, and follows the name: new ones get clients, lost ones get none', async () => {
    expect(await call('/')).toMatchObject({ status: 503, body: expect.stringContaining('"unavailable"') })
    dns.addresses = ['127.0.0.2']
    await expect.poll(seen, names).toEqual(['n2'])
    dns.addresses = ['127.0.0.2', '127.0.0.3', '127.0.0.4']
    await expect.poll(seen, names).toEqual(['n2', 'n3', 'n4'])
    const socket = await play('websocket')
    const host = (await socket.timeout(2000).emitWithAck('who')) as string
    // Its node leaves the name, as one that drains does: new ones go elsewhere, and the live socket stays.
    dns.addresses = dns.addresses.filter((address) => !address.endsWith(host.slice(1)))
    await expect.poll(seen, names).toEqual(['n2', 'n3', 'n4'].filter((name) => name !== host))
    expect(await socket.timeout(2000).emitWithAck('who')).toBe(host)
  })

  test('a client stays with its node by cookie, so that long-polling works', async () => {
    dns.addresses = ['127.0.0.2', '127.0.0.3', '127.0.0.4']
    await expect.poll(seen, names).toHaveLength(3)
    const handshake = '/socket.io/?EIO=4&transport=polling'
    const first = await call(handshake)
    expect(first.cookie?.split('; ').sort()).toEqual([expect.stringMatching(/^cq_node=[0-9a-f]{32}$/), 'httponly', 'path=/', 'samesite=lax', 'secure'])
    const cookie = first.cookie?.split(';')[0] ?? ''
    for (let i = 0; i < 9; i += 1) expect((await call(`${handshake}&sid=unknown`, { cookie })).cookie, 'its node stays').toBe(first.cookie)
    for (const path of ['/', '/api/session']) expect((await call(path)).cookie, path).toBeUndefined()
    const socket = await play('polling')
    expect(await socket.timeout(2000).emitWithAck('who')).toMatch(/^n\d$/)
  })

  test('sockets are spread over the nodes', async () => {
    dns.addresses = ['127.0.0.2', '127.0.0.3', '127.0.0.4']
    await expect.poll(seen, names).toHaveLength(3)
    for (let i = 0; i < 9; i += 1) await play('websocket')
    const counts = nodes.map((node) => node.io.engine.clientsCount)
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
  })

  test('a node that answers nothing gets no new WebSocket and no call of the API', async () => {
    dns.addresses = ['127.0.0.2', '127.0.0.3', '127.0.0.4']
    await expect.poll(seen, names).toHaveLength(3)
    const [stalled] = nodes
    if (!stalled) throw new Error('no node')
    stalled.handler = () => undefined
    stalled.io.engine.use(() => undefined)
    const begun = performance.now()
    for (let i = 0; i < 6; i += 1) {
      await play('websocket')
      expect((await call('/api/session')).node).toMatch(/^n[34]$/)
    }
    expect(performance.now() - begun).toBeLessThan(2000)
    expect(stalled.io.engine.clientsCount).toBe(0)
  })

  test('a dead node is passed over until its address is gone', async () => {
    dns.addresses = ['127.0.0.2', '127.0.0.3', '127.0.0.4']
    await expect.poll(seen, names).toHaveLength(3)
    await nodes[0]?.close()
    expect(await seen()).toEqual(['n3', 'n4'])
  })

  test('metrics stay inside, browsers are told to insist on TLS', async () => {
    dns.addresses = ['127.0.0.2']
    await expect.poll(seen, names).toEqual(['n2'])
    expect((await call('/')).hsts).toBe('max-age=63072000')
    expect(await call('/metrics')).toMatchObject({ status: 404, body: expect.stringContaining('"not_found"') })
  })
})
