/** Every URL that a node treats as a handshake counts as a handshake in nginx, with either template. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import { request as requestHttps } from 'node:https'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { ensureCertificate } from '../../nginx/certificate.ts'
import { statusOf } from '../../tools/services/http.ts'
import { startNginx } from '../../tools/services/nginx.ts'
import { takePort, releasePort } from '../../tools/services/ports.ts'
import { fakeNode } from '../support/fake-node.ts'
import { check, forOlderNginx, isModern, NGINX, relocate, substitute, TEMPLATE } from '../support/production-nginx.ts'
import { tempDir } from '../support/temp.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

const ports = async (count: number): Promise<number[]> => {
  const claimed = await Promise.all(Array.from({ length: count }, () => takePort()))
  closers.push(async () => claimed.forEach(releasePort))
  return claimed
}

const PER_SECOND = 1

async function local(): Promise<{ port: number; ca: string }> {
  const node = await fakeNode('n1')
  closers.push(() => node.close())
  const [port = 0, httpPort = 0] = await ports(2)
  const nginx = await startNginx({
    dir: tempDir('nginx'),
    port,
    httpPort,
    nodes: [node],
    handshakesPerSecond: PER_SECOND,
    handshakeBurst: 1,
  })
  closers.push(() => nginx.service.kill())
  return { port, ca: nginx.certificate }
}

/** Debian's nginx runs the templates without the few directives that it lacks: the limit uses none of them. */
async function production(): Promise<{ port: number; ca: string }> {
  const [nodePort = 0, httpPort = 0, port = 0, probePort = 0] = await ports(4)
  const node = await fakeNode('n1', { host: '127.0.0.1', port: nodePort })
  closers.push(() => node.close())
  const dir = tempDir('nginx-production')
  mkdirSync(join(dir, 'site'))
  const certificate = await ensureCertificate(join(dir, 'tls'))
  const env = {
    NGINX_WORKERS: '1',
    NGINX_CONNECTIONS: '1024',
    NGINX_OPEN_FILES: '1100',
    NGINX_SHUTDOWN_TIMEOUT: '1s',
    NGINX_LEAVE_SECONDS: '1',
    NGINX_LOCAL_RESOLVERS: '127.0.0.1:53',
    NGINX_NODES: `127.0.0.1:${nodePort}`,
    NGINX_HANDSHAKES_PER_SECOND: String(PER_SECOND),
    NGINX_HANDSHAKE_BURST: '1',
    NGINX_STRICT_TRANSPORT_SECURITY: '',
    NGINX_PORT_SUFFIX: '',
    NGINX_CERTIFICATE: certificate.certificate,
    NGINX_CERTIFICATE_KEY: certificate.key,
  }
  const text = relocate(substitute(TEMPLATE, env), { dir, httpPort, port, probePort })
  const file = check(dir, isModern() ? text : forOlderNginx(text).replace('server 127.0.0.1:3000 ', `server 127.0.0.1:${nodePort} `))
  const child = spawn(NGINX, ['-p', dir, '-c', file, '-e', join(dir, 'error.log'), '-g', 'daemon off;'], { stdio: 'ignore' })
  closers.push(async () => {
    child.kill('SIGTERM')
    if (child.exitCode === null) await once(child, 'exit')
  })
  await expect.poll(() => statusOf(`http://127.0.0.1:${probePort}/`), { timeout: 10_000 }).toBe(200)
  return { port, ca: certificate.certificate }
}

/** The path is sent as it is: no client library may normalize it. */
function status({ port, ca }: { port: number; ca: string }, path: string): Promise<{ status: number; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>()
  const request = requestHttps({ host: '127.0.0.1', port, path, agent: false, ca: readFileSync(ca) }, (response) => {
    let body = ''
    response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
  })
  request.on('error', reject)
  request.end()
  return promise
}

const Q = 'EIO=4&transport=polling'
/** Each is a handshake to Engine.IO, whose parameter names are case-sensitive and which uses the last of several values. */
const HANDSHAKES = [
  `/socket.io/?${Q}`,
  `/socket.io/?${Q}&SID=x`,
  `/socket.io/?Sid=x&${Q}`,
  `/socket.io/?${Q}&sid=`,
  `/socket.io/?${Q}&sid=x&sid=`,
  `/socket.io/?${Q}&sid=x&sid`,
  `/socket.io/?sid=x&${Q}&%73id=`,
  `/socket.io/?${Q}&xsid=x`,
  `/socket.io/?${Q}&x?sid=x`,
  `/socket.io/anything?${Q}`,
  `/socket.io/../x?${Q}`,
]

test.each([
  ['the local', local],
  ['the production', production],
])('%s template limits every form of a handshake, and no request of a connection', async (_, start) => {
  const nginx = await start()
  expect((await status(nginx, `/socket.io/?${Q}`)).body).toMatch(/^0\{"sid"/)
  for (const path of HANDSHAKES) {
    // First uses up the tokens that were refilled meanwhile.
    await Promise.all(Array.from({ length: 4 }, () => status(nginx, `/socket.io/?${Q}`)))
    expect((await status(nginx, path)).status, path).toBe(429)
  }
  for (let i = 0; i < 10; i += 1) expect((await status(nginx, `/socket.io/?${Q}&sid=unknown_to-the-node1`)).status).toBe(400)
})

test('each of these requests is a handshake to a node', async () => {
  const node = await fakeNode('n1')
  closers.push(() => node.close())
  for (const path of HANDSHAKES) {
    const socket = connect(node.port, '127.0.0.1')
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    await once(socket, 'close')
    expect(text, path).toMatch(/\r\n0\{"sid"/)
  }
})
