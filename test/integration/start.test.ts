import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { readInfo, type ClusterInfo } from '../../tools/cluster/cluster-info.ts'
import { boundToParent } from '../../tools/services/bound.ts'
import { processesOf } from '../support/processes.ts'
import { tempDir } from '../support/temp.ts'

const START = join(import.meta.dirname, '../../tools/start.ts')

let data: string
let running: Run[]
beforeEach(() => {
  data = join(tempDir('start'), '.data')
  running = []
})
afterEach(async () => {
  for (const run of running) run.child.kill('SIGKILL')
  await Promise.all(running.map((run) => run.code))
})

interface Run {
  child: ChildProcess
  output: () => string
  code: Promise<number | null>
}

/** `npm start`, as far as it is this repository's part. The variable marks all processes that it starts. */
function start(...args: string[]): Run {
  const [command, all] = boundToParent(process.execPath, [START, '--data', data, ...args])
  const child = spawn(command, all, { env: { ...process.env, CAIQUAN_MARK: `${data}/`, DRAIN_MS: '200' } })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  const run: Run = { child, output: () => output, code: once(child, 'close').then(([code]) => code as number | null) }
  running.push(run)
  return run
}
const small = (): Run => start('--nodes', '1', '--port', '0', '--http-port', '0')

async function printed(run: Run, what: string | RegExp): Promise<void> {
  await vi.waitFor(() => expect(run.output()).toMatch(what), { timeout: 30_000, interval: 20 })
}
async function ready(run: Run): Promise<ClusterInfo> {
  await printed(run, 'Ready after')
  return readInfo(data) ?? expect.unreachable()
}
async function playerOf({ nodes }: ClusterInfo, code: string): Promise<string> {
  const response = await fetch(`${nodes[0]?.url}/api/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code }),
  })
  return ((await response.json()) as { player: { id: string } }).player.id
}

test('npm start starts, stops on Ctrl-C, and the next start finds the data', async () => {
  const first = small()
  const info = await ready(first)
  expect(first.output()).toContain(info.url)
  const alice = await playerOf(info, 'alice.1')
  first.child.kill('SIGINT')
  expect(await first.code).toBe(0)
  expect(first.output()).toMatch(/Stopped\. The data stays for the next start\.\n$/)
  expect(processesOf(data)).toEqual([])
  expect(readdirSync(data).sort()).toEqual(['logs', 'mariadb', 'nginx', 'redis'])

  const second = small()
  expect(await playerOf(await ready(second), 'alice.2')).toBe(alice)
  second.child.kill('SIGTERM')
  expect(await second.code).toBe(0)
})

test('a second start beside the first reports it and breaks nothing', async () => {
  const first = small()
  const info = await ready(first)
  const second = small()
  expect(await second.code).toBe(1)
  expect(second.output()).toMatch(new RegExp(`^Caiquan already runs on ${data} \\(process ${first.child.pid}\\)`))
  expect(readInfo(data)).toEqual(info)
  expect(await playerOf(info, 'bob.1')).toMatch(/./)
})

test('after a kill -9 no process is left running, and the next start cleans up', async () => {
  const first = small()
  const alice = await playerOf(await ready(first), 'alice.1')
  first.child.kill('SIGKILL')
  await first.code
  await vi.waitFor(() => expect(processesOf(data)).toEqual([]), 10_000)
  expect(existsSync(join(data, 'cluster.json'))).toBe(true)

  const second = small()
  expect(await playerOf(await ready(second), 'alice.2')).toBe(alice)
  expect(second.output()).toContain('The last run was killed')
})

test('processes that a dead run left running are ended, and no others', async () => {
  const folder = tempDir('leftovers')
  const info = { ...emptyInfo, mysql: { url: 'mysql://unique-password', pid: 0 } }
  const orphan = spawn('sleep', ['60'], { env: { DATABASE_URL: info.mysql.url }, detached: true })
  const stranger = spawn('sleep', ['60'], { detached: true })
  const pids = [orphan, stranger].map(({ pid }) => ({ pid: pid ?? 0, name: 'x', url: 'x' }))
  writeFileSync(join(folder, 'cluster.json'), JSON.stringify({ ...info, nodes: pids }))
  const { endOrphanProcesses } = await import('../../tools/cluster/orphan-processes.ts')
  const gone = once(orphan, 'exit')
  expect(await endOrphanProcesses(folder)).toEqual([orphan.pid])
  expect(await gone).toEqual([null, 'SIGKILL'])
  expect(stranger.exitCode ?? stranger.signalCode).toBeNull()
  expect(existsSync(join(folder, 'cluster.json'))).toBe(false)
  stranger.kill()
})

test.each(['--port', '--http-port'])('a busy port is named with %s, before anything is started', async (flag) => {
  const server = createServer()
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const ports = flag === '--port' ? ['--http-port', '0'] : ['--port', '0']
  const run = start(flag, String(port), ...ports)
  expect(await run.code).toBe(1)
  expect(run.output()).toBe(`Port ${port} is in use. Choose another with ${flag}.\n`)
  expect(readdirSync(data)).toEqual([])
  server.close()
})

test('a stop during the start is orderly too', async () => {
  const run = small()
  await printed(run, 'Redis on port')
  run.child.kill('SIGTERM')
  expect(await run.code).toBe(0)
  expect(run.output()).not.toContain('Ready')
  expect(processesOf(data)).toEqual([])
})

test('a second Ctrl-C does not wait', async () => {
  const run = small()
  const info = await ready(run)
  const [node] = info.nodes
  // A process that does not stop on a signal.
  process.kill(node?.pid ?? 0, 'SIGSTOP')
  run.child.kill('SIGINT')
  await printed(run, 'Stopping')
  await new Promise((resolve) => setTimeout(resolve, 700))
  const begun = performance.now()
  run.child.kill('SIGINT')
  expect(await run.code).toBe(130)
  expect(performance.now() - begun).toBeLessThan(3000)
  await vi.waitFor(() => expect(processesOf(data)).toEqual([]))
})

test('a wrong flag is refused, and help is printed', async () => {
  const wrong = start('--node', '3')
  expect(await wrong.code).toBe(1)
  expect(wrong.output()).toMatch(/^Unknown option '--node'/)
  const help = start('--help')
  expect(await help.code).toBe(0)
  expect(help.output()).toContain('--http-port')
  expect(existsSync(data)).toBe(false)
})

const emptyInfo: ClusterInfo = {
  url: '',
  insecureUrl: '',
  nodes: [],
  redis: { url: '', pid: 0 },
  mysql: { url: '', pid: 0 },
  nginx: null,
  wechat: { url: '' },
}
