/** The container beside nginx counts the replies of nginx by status, with the configuration that k8s/monitoring/nginx adds. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { ensureCertificate } from '../../nginx/certificate.ts'
import { statusOf } from '../../tools/services/http.ts'
import { nodeBinary, ROOT } from '../../tools/services/node.ts'
import { takePort, releasePort } from '../../tools/services/ports.ts'
import { readDatagram, readStubStatus } from '../../server/src/nginx-exporter.ts'
import { http } from '../support/http.ts'
import { check, forOlderNginx, NGINX, relocate, substitute, TEMPLATE } from '../support/production-nginx.ts'
import { tempDir } from '../support/temp.ts'

const ports: number[] = []
let node: Server
let nginx: ChildProcess
let exporter: ChildProcess
let url: string
let metricsUrl: string
let logPort: number
let statusPort: number

async function port(): Promise<number> {
  const free = await takePort()
  ports.push(free)
  return free
}

function startExporter(): ChildProcess {
  return spawn(nodeBinary(), [join(ROOT, 'server/src/nginx-exporter.ts'), new URL(metricsUrl).port, String(logPort), String(statusPort)], {
    stdio: 'ignore',
  })
}
const isServing = async (): Promise<boolean> => (await statusOf(metricsUrl).catch(() => 0)) === 200

beforeAll(async () => {
  const dir = tempDir('nginx-exporter')
  const { certificate, key } = await ensureCertificate(join(dir, 'tls'))
  const [nodePort, probePort] = [await port(), await port()]
  const places = { dir, httpPort: await port(), port: await port(), probePort }
  ;[logPort, statusPort] = [await port(), await port()]
  metricsUrl = `http://127.0.0.1:${await port()}/metrics`
  url = `https://127.0.0.1:${places.port}`
  node = createServer((request, response) => {
    if (request.url === '/api/cut') response.destroy()
    else response.writeHead(request.url === '/api/full' ? 503 : 200).end()
  }).listen(nodePort, '127.0.0.1')
  mkdirSync(join(dir, 'monitoring'))
  const added = readFileSync(join(ROOT, 'nginx/monitoring/monitoring.conf'), 'utf8')
  writeFileSync(
    join(dir, 'monitoring/monitoring.conf'),
    added.replace('127.0.0.1:9114', `127.0.0.1:${logPort}`).replace('127.0.0.1:9115', `127.0.0.1:${statusPort}`),
  )
  const env = {
    NGINX_WORKERS: '1',
    NGINX_CONNECTIONS: '1024',
    NGINX_OPEN_FILES: '1100',
    NGINX_SHUTDOWN_TIMEOUT: '1s',
    NGINX_LOCAL_RESOLVERS: '127.0.0.1',
    NGINX_NODES: 'nodes',
    NGINX_LEAVE_SECONDS: '1',
    NGINX_HANDSHAKES_PER_SECOND: '1',
    NGINX_HANDSHAKE_BURST: '1',
    NGINX_STRICT_TRANSPORT_SECURITY: '',
    NGINX_PORT_SUFFIX: '',
    NGINX_CERTIFICATE: certificate,
    NGINX_CERTIFICATE_KEY: key,
  }
  const file = check(
    dir,
    forOlderNginx(relocate(substitute(TEMPLATE, env), places))
      .replaceAll('server nodes resolve', 'server 127.0.0.1:3000')
      .replaceAll('127.0.0.1:3000', `127.0.0.1:${nodePort}`),
  )
  exporter = startExporter()
  nginx = spawn(NGINX, ['-p', dir, '-c', file, '-e', join(dir, 'error.log'), '-g', 'daemon off;'], { stdio: 'ignore' })
  await vi.waitFor(async () => expect([await statusOf(`http://127.0.0.1:${probePort}/`), await isServing()]).toEqual([200, true]), {
    timeout: 10_000,
  })
})
afterAll(async () => {
  for (const child of [nginx, exporter]) {
    child?.kill('SIGTERM')
    if (child && child.exitCode === null) await once(child, 'exit')
  }
  node?.close()
  for (const each of ports) releasePort(each)
})

/** The value of a series, such as `nginx_up`. */
async function valueOf(series: string): Promise<number | undefined> {
  const { body } = await http<string>(metricsUrl)
  const line = body.split('\n').find((each) => each.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length))
}
const responses = (part: string, status: number) => valueOf(`caiquan_nginx_responses_total{part="${part}",status="${status}"}`)

test('refusals of nginx, replies of nodes and failures are counted by status and by what was asked', async () => {
  for (const path of ['/api/session', '/api/session', '/api/full', '/api/cut', '/', '/metrics']) await http(`${url}${path}`)
  const statuses = await Promise.all(
    Array.from({ length: 5 }, async () => (await http(`${url}/socket.io/?EIO=4&transport=polling`)).status),
  )
  expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(1)
  await expect.poll(() => responses('socket', 429)).toBe(statuses.filter((status) => status === 429).length)
  expect(await responses('socket', 200)).toBe(statuses.filter((status) => status === 200).length)
  await expect.poll(() => responses('api', 200)).toBe(2)
  // One reply is a node's own, the other is nginx's for a node that sent none.
  expect(await responses('api', 503)).toBe(2)
  expect(await responses('other', 200)).toBe(1)
  expect(await responses('other', 404)).toBe(1)
  expect(await responses('other', 500)).toBe(0)
})

test('connections have the names of nginx-prometheus-exporter, and nginx shows its counts to no other caller', async () => {
  expect(await valueOf('nginx_up')).toBe(1)
  expect(await valueOf('nginx_connections_active')).toBeGreaterThanOrEqual(1)
  expect(await valueOf('nginx_connections_accepted')).toBeGreaterThan(10)
  expect(await valueOf('nginx_connections_handled')).toBeGreaterThan(10)
  expect(await valueOf('nginx_http_requests_total')).toBeGreaterThan(10)
  expect((await http(`${url}/stub_status`)).body).not.toMatch(/Active connections/)
})

test('nginx serves on without the exporter, and the exporter begins again from zero', async () => {
  exporter.kill('SIGKILL')
  await once(exporter, 'exit')
  for (let i = 0; i < 3; i += 1) expect((await http(`${url}/api/session`)).status).toBe(200)
  exporter = startExporter()
  await expect.poll(isServing, { timeout: 10_000 }).toBe(true)
  expect(await responses('api', 200)).toBe(0)
  // The first datagram only learns that the last one was refused, and is lost.
  for (let i = 0; i < 3; i += 1) await http(`${url}/api/session`)
  await expect.poll(() => responses('api', 200)).toBeGreaterThanOrEqual(2)
})

test('a datagram that nginx did not send counts nothing', async () => {
  const before = (await http<string>(metricsUrl)).body.match(/^caiquan_nginx_responses_total.*/gm)
  const socket = createSocket('udp4')
  for (const text of [
    '',
    'x',
    '<190>Nov 27 12:00:00 nginx: api 999',
    '<190>Nov 27 12:00:00 nginx: "api 200',
    `<190>Nov 27 12:00:00 nginx: ${'a'.repeat(2000)} 200`,
  ]) {
    await new Promise((sent) => socket.send(text, logPort, '127.0.0.1', sent))
  }
  await new Promise((sent) => socket.send('<190>Nov 27 12:00:00 nginx: other 418', logPort, '127.0.0.1', sent))
  socket.close()
  await expect.poll(() => responses('other', 418)).toBe(1)
  expect((await http<string>(metricsUrl)).body.match(/^caiquan_nginx_responses_total.*/gm)?.slice(0, before?.length)).toEqual(before)
  expect((await http(metricsUrl.replace('metrics', 'other'))).status).toBe(404)
})

test('while nginx is away the exporter says so, without old counts', async () => {
  nginx.kill('SIGTERM')
  await once(nginx, 'exit')
  await expect.poll(() => valueOf('nginx_up')).toBe(0)
  expect(await valueOf('nginx_connections_accepted')).toBe(0)
})

test('the texts of nginx are read as a whole or not at all', () => {
  expect(
    readStubStatus(
      'Active connections: 291 \nserver accepts handled requests\n 16630948 16630947 31070465 \nReading: 6 Writing: 179 Waiting: 106 \n',
    ),
  ).toEqual({ active: 291, accepted: 16630948, handled: 16630947, requests: 31070465, reading: 6, writing: 179, waiting: 106 })
  expect(readStubStatus('<html>404</html>')).toBeNull()
  expect(readDatagram('<190>Nov 27 12:00:00 nginx: socket 101')).toEqual({ part: 'socket', status: '101' })
  expect(readDatagram('<190>Nov 27 12:00:00 nginx: socket 101 api 200')).toBeNull()
})
