import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs'
import { request as requestHttps } from 'node:https'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { promisify } from 'node:util'
import { io, type Socket } from 'socket.io-client'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ensureCertificate, type Certificate } from '../../nginx/certificate.ts'
import { statusOf } from '../../tools/services/http.ts'
import { takePort, releasePort } from '../../tools/services/ports.ts'
import { fakeNode, type FakeNode } from '../support/fake-node.ts'
import { render, workloads } from '../support/manifests.ts'
import { nameServer, type NameServer } from '../support/name-server.ts'
import { check, forOlderNginx, isModern, NGINX, relocate, substitute, TEMPLATE, type Places } from '../support/production-nginx.ts'
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
  NGINX_LEAVE_SECONDS: '5',
  NGINX_LOCAL_RESOLVERS: `127.0.0.1:${dns}`,
  NGINX_NODES: `server.caiquan.svc.cluster.local:${nodePort}`,
  NGINX_HANDSHAKES_PER_SECOND: '200',
  NGINX_HANDSHAKE_BURST: '2000',
  NGINX_STRICT_TRANSPORT_SECURITY: 'max-age=63072000',
  NGINX_PORT_SUFFIX: '',
  NGINX_CERTIFICATE: join(dir, 'mounted/tls.crt'),
  NGINX_CERTIFICATE_KEY: join(dir, 'mounted/tls.key'),
})

let mounts = 0
/** Changes files as Kubernetes changes a mounted Secret: all at once, by replacing one link. */
function mount(files: Certificate): void {
  const volume = join(dir, 'mounted')
  const name = `..version-${++mounts}`
  mkdirSync(join(volume, name), { recursive: true })
  copyFileSync(files.certificate, join(volume, name, 'tls.crt'))
  copyFileSync(files.key, join(volume, name, 'tls.key'))
  symlinkSync(name, join(volume, '..data_tmp'))
  renameSync(join(volume, '..data_tmp'), join(volume, '..data'))
  for (const file of ['tls.crt', 'tls.key']) if (!existsSync(join(volume, file))) symlinkSync(`..data/${file}`, join(volume, file))
}
/** A worker looks every ten seconds, on the whole second. */
const RENEWED_MS = 13_000

beforeEach(async () => {
  dir = tempDir('nginx-production')
  certificate = await ensureCertificate(join(dir, 'tls'))
  mount(certificate)
  nodePort = await takePort()
  places = { dir, httpPort: await takePort(), port: await takePort(), probePort: await takePort() }
})
afterEach(() => {
  for (const port of [nodePort, places.httpPort, places.port, places.probePort]) releasePort(port)
})

test('nginx does not start with a key that does not fit', async () => {
  mount({ certificate: certificate.certificate, key: (await ensureCertificate(join(dir, 'other'))).key })
  const text = relocate(substitute(TEMPLATE, envOf(53)), places)
  expect(() => check(dir, isModern() ? text : forOlderNginx(text))).toThrow(/key values mismatch/)
})

test('nginx accepts the production template, without the directives that it is too old for', () => {
  const text = relocate(substitute(TEMPLATE, envOf(53)), places)
  expect(() => check(dir, isModern() ? text : forOlderNginx(text))).not.toThrow()
})

// Runs if NGINX names a program that is new enough; that of Debian 12 is not.
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

  function call(
    path: string,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; node: string; cookie: string | undefined; hsts: string | undefined; body: string }> {
    const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<typeof call>>>()
    const request = requestHttps(`https://127.0.0.1:${places.port}${path}`, {
      headers,
      agent: false,
      ca: readFileSync(certificate.certificate),
    })
    request.once('error', reject)
    request.once('response', (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
      response.once('end', () => {
        const { node = '' } = (body.startsWith('{') ? JSON.parse(body) : {}) as { node?: string }
        resolve({
          status: response.statusCode ?? 0,
          node,
          cookie: response.headers['set-cookie']?.[0],
          hsts: response.headers['strict-transport-security'],
          body,
        })
      })
    })
    request.end()
    return promise
  }
  const seen = async (): Promise<string[]> =>
    [...new Set(await Promise.all(Array.from({ length: 12 }, async () => (await call('/')).node)))].sort()
  async function play(transport: 'websocket' | 'polling'): Promise<Socket> {
    const socket = io(`https://127.0.0.1:${places.port}`, {
      transports: [transport],
      withCredentials: true,
      ca: readFileSync(certificate.certificate, 'utf8'),
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
  const names = { timeout: 10_000, interval: 200 }

  test('it starts without any node, and follows the name: new nodes get clients, lost nodes get none', async () => {
    expect(await call('/')).toMatchObject({ status: 503, body: expect.stringContaining('"unavailable"') })
    dns.addresses = ['127.0.0.2']
    await expect.poll(seen, names).toEqual(['n2'])
    dns.addresses = ['127.0.0.2', '127.0.0.3', '127.0.0.4']
    await expect.poll(seen, names).toEqual(['n2', 'n3', 'n4'])
    const socket = await play('websocket')
    const host = (await socket.timeout(2000).emitWithAck('who')) as string
    // The node leaves the name, as a node that drains does: new connections go to other nodes, and the live socket stays.
    dns.addresses = dns.addresses.filter((address) => !address.endsWith(host.slice(1)))
    await expect.poll(seen, names).toEqual(['n2', 'n3', 'n4'].filter((name) => name !== host))
    expect(await socket.timeout(2000).emitWithAck('who')).toBe(host)
  })

  test('a client stays with its node by cookie, so that long-polling works', async () => {
    dns.addresses = ['127.0.0.2', '127.0.0.3', '127.0.0.4']
    await expect.poll(seen, names).toHaveLength(3)
    const handshake = '/socket.io/?EIO=4&transport=polling'
    const first = await call(handshake)
    expect(first.cookie?.split('; ').sort()).toEqual([
      expect.stringMatching(/^cq_node=[0-9a-f]{32}$/),
      'httponly',
      'path=/',
      'samesite=lax',
      'secure',
    ])
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

  test('a node that replies to nothing gets no new WebSocket and no call of the API', async () => {
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

  /** The name on the certificate that a new handshake gets; null if the handshake is refused. */
  function served(): Promise<string | null> {
    const { promise, resolve } = Promise.withResolvers<string | null>()
    const socket = connectTls({ host: '127.0.0.1', port: places.port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.subject?.replace(/^CN=|\n.*$/gs, '') ?? null)
      socket.destroy()
    })
    socket.once('error', () => resolve(null))
    return promise
  }

  test('a renewed certificate is served within seconds without closing a socket; a wrong key keeps new connections out', async () => {
    dns.addresses = ['127.0.0.2', '127.0.0.3', '127.0.0.4']
    await expect.poll(seen, names).toHaveLength(3)
    const live = await Promise.all(Array.from({ length: 20 }, () => play('websocket')))
    expect(await served()).toBe('localhost')
    const [renewed, next] = await Promise.all(
      ['renewed', 'next'].map((name) => ensureCertificate(join(dir, name), { hosts: [`${name}.example.com`] })),
    )
    if (!renewed || !next) return expect.unreachable()
    mount(renewed)
    const begun = performance.now()
    // All workers have the certificate once ten handshakes in a row get it.
    const servedByAll = async (): Promise<(string | null)[]> => [...new Set(await Promise.all(Array.from({ length: 10 }, served)))]
    await expect.poll(servedByAll, { timeout: RENEWED_MS, interval: 200 }).toEqual(['renewed.example.com'])
    process.stdout.write(`a renewed certificate was served after ${Math.round(performance.now() - begun)} ms\n`)
    mount({ certificate: next.certificate, key: renewed.key })
    await expect.poll(servedByAll, { timeout: RENEWED_MS, interval: 200 }).toEqual([null])
    mount(next)
    await expect.poll(servedByAll, { timeout: RENEWED_MS, interval: 200 }).toEqual(['next.example.com'])
    expect(live.filter(({ connected }) => !connected)).toEqual([])
    expect(await live[0]?.timeout(2000).emitWithAck('who')).toMatch(/^n\d$/)
  })

  test('before a pod ends it asks a node to move its sockets, again until one has accepted that', async () => {
    dns.addresses = ['127.0.0.2', '127.0.0.3', '127.0.0.4']
    await expect.poll(seen, names).toHaveLength(3)
    const asked: string[] = []
    // At first, all nodes are of an older release or without Redis.
    const statuses = [404, 404, 503, 503, 503, 404, 202]
    for (const node of nodes) {
      node.handler = (request, response) => {
        asked.push(`${request.method} ${request.url} ${String(request.headers['x-nginx'])}`)
        request.resume()
        response.writeHead(statuses[asked.length - 1] ?? 500).end()
      }
    }
    const [nginx] = workloads(render('production'))
      .filter(({ name }) => name === 'nginx')
      .flatMap(({ containers }) => containers)
    const [shell = '', ...args] = nginx?.lifecycle?.preStop.exec?.command ?? []
    await promisify(execFile)(
      shell,
      args.map((arg) => arg.replace('sleep 10;', '').replace(':8081/', `:${places.probePort}/`)),
    )
    expect(asked).toEqual(statuses.map(() => `POST /nginx/leave?seconds=5 ${hostname()}`))
  })

  test('metrics stay inside, browsers are told to insist on TLS', async () => {
    dns.addresses = ['127.0.0.2']
    await expect.poll(seen, names).toEqual(['n2'])
    expect((await call('/')).hsts).toBe('max-age=63072000')
    expect(await call('/metrics')).toMatchObject({ status: 404, body: expect.stringContaining('"not_found"') })
  })
})
