import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LoginReply } from '../../client-sdk/src/protocol.ts'
import { startCluster, type Cluster } from '../../tools/cluster/cluster.ts'
import { startMariaDb } from '../../tools/services/mariadb.ts'
import { statusOf } from '../../tools/services/http.ts'
import { nodeBinary } from '../../tools/services/node.ts'
import { takePort, releasePort } from '../../tools/services/ports.ts'
import { startService, type Service } from '../../tools/services/process.ts'
import { ensureInstalled } from '../optional-package.ts'
import type { Wire } from './driver-process.ts'
import { childrenOf } from './processes.ts'

/** A server side that is measured. */
export interface Subject {
  name: string
  /** Addresses for the clients, used in rotation. */
  urls: string[]
  /** Where its nodes export metrics. */
  metrics: string[]
  redisUrl?: string
  wire?: Wire
  /** Current process ids by role. */
  pids(): Record<string, number[]>
  /** One session id for each player. */
  sessions(count: number): Promise<string[]>
  close(): Promise<void>
}

const AT_ONCE = 20

/** One metric of every node of a subject, summed over its series; empty if there are none. */
export async function scrape({ metrics }: Subject, name: string): Promise<number[]> {
  return Promise.all(
    metrics.map(async (url) => {
      const text = await (await fetch(`${url}/metrics`)).text()
      return [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].reduce((sum, [, value]) => sum + Number(value), 0)
    }),
  )
}

export interface CaiquanOptions {
  nodes: number
  /** Clients connect through nginx with TLS instead of to the nodes. */
  nginx?: boolean
  env?: Record<string, string>
  /** A separate node, counted in no figure, handles the logins: what they leave in its memory is not measured. */
  loginApart?: boolean
}

/**
 * The real cluster: nodes, Redis with AOF, MariaDB, every round recorded. Limits are lifted, otherwise fast players would measure the
 * limits.
 */
export async function startCaiquan({
  nodes,
  nginx = false,
  env = {},
  loginApart = false,
}: CaiquanOptions): Promise<Subject & { cluster: Cluster }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'caiquan-bench-'))
  const cluster = await startCluster({
    dataDir,
    nodes: nodes + (loginApart ? 1 : 0),
    nginx,
    handshakesPerSecond: 100_000,
    env: {
      LOG_LEVEL: 'warn',
      MAX_CONNECTIONS: '100000',
      LIMITS: 'match:move=1000/10000,match:find=100/1000',
      LOGIN_PER_MINUTE: '10000000',
      API_PER_MINUTE: '10000000',
      HANDSHAKES_PER_MINUTE: '10000000',
      DRAIN_MS: '100',
      NODE_ENV: 'development',
      ...env,
    },
  })
  const measured = () => cluster.info.nodes.slice(0, nodes)
  return {
    name: `${nodes} node${nodes === 1 ? '' : 's'}${nginx ? ' behind nginx' : ''}`,
    cluster,
    urls: nginx ? [cluster.info.url] : measured().map(({ url }) => url),
    metrics: measured().map(({ url }) => url),
    redisUrl: cluster.info.redis.url,
    pids: () => {
      const { nginx: proxy, redis, mysql } = cluster.info
      return {
        nodes: measured().map(({ pid }) => pid),
        redis: [redis.pid],
        mysql: [mysql.pid],
        ...(proxy ? { nginx: [proxy.pid, ...childrenOf(proxy.pid)] } : {}),
      }
    },
    async sessions(count) {
      const ids: string[] = []
      const bases = cluster.info.nodes.slice(loginApart ? nodes : 0).map(({ url }) => url)
      for (let from = 0; from < count; from += AT_ONCE) {
        const batch = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, index) =>
          login(bases[index % bases.length] ?? '', `bench-${from + index}`),
        )
        ids.push(...(await Promise.all(batch)))
      }
      return ids
    },
    async close() {
      await cluster.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

let nonce = 0

async function login(url: string, name: string): Promise<string> {
  const response = await fetch(`${url}/api/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code: `${name}.${Date.now().toString(36)}x${++nonce}` }),
  })
  if (!response.ok) throw new Error(`login: ${response.status} ${await response.text()}`)
  return ((await response.json()) as LoginReply).sessionId
}

/** Plain Socket.IO with its state in memory; with `record` it writes each round to MySQL. */
export async function startPlain({ record = false, env = {} }: { record?: boolean; env?: Record<string, string> } = {}): Promise<Subject> {
  const dataDir = mkdtempSync(join(tmpdir(), 'caiquan-plain-'))
  const ports = [await takePort(), await takePort()] as const
  let database: Service | null = null
  let databaseUrl = ''
  if (record) {
    const { service, rootUrl, url } = await startMariaDb({ dir: join(dataDir, 'mariadb'), port: ports[1] })
    database = service
    databaseUrl = url ?? rootUrl
  }
  const address = `http://127.0.0.1:${ports[0]}`
  const service = await startService({
    name: 'plain',
    url: address,
    command: nodeBinary(),
    args: [join(import.meta.dirname, 'plain-server.ts')],
    env: { ...process.env, PORT: String(ports[0]), DATABASE_URL: databaseUrl, ...env },
    logFile: join(dataDir, 'plain.log'),
    isReady: async () => (await statusOf(address)) === 200,
    readyMs: 15_000,
    stopSignal: 'SIGTERM',
    stopMs: 5000,
  })
  return {
    name: record ? 'plain Socket.IO, writing to MySQL' : 'plain Socket.IO in memory',
    urls: [address],
    metrics: [],
    pids: () => ({ nodes: [service.pid], ...(database ? { mysql: [database.pid] } : {}) }),
    sessions: async (count) => Array.from({ length: count }, () => ''),
    async close() {
      await service.stop()
      await database?.stop()
      for (const port of ports) releasePort(port)
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** Colyseus with a room per match in memory; see `colyseus/server.mjs`. Its packages are installed when they are first needed. */
export async function startColyseus(mode: 'messages' | 'schema'): Promise<Subject> {
  await ensureInstalled(
    { home: join(import.meta.dirname, 'colyseus'), name: '@colyseus/core', size: '28 MB' },
    (line) => void process.stderr.write(`  ${line}\n`),
  )
  const dataDir = mkdtempSync(join(tmpdir(), 'caiquan-colyseus-'))
  const port = await takePort()
  const address = `http://127.0.0.1:${port}`
  const service = await startService({
    name: 'colyseus',
    url: address,
    command: nodeBinary(),
    args: [join(import.meta.dirname, 'colyseus/server.mjs')],
    env: { ...process.env, PORT: String(port), MODE: mode, NODE_ENV: 'production' },
    logFile: join(dataDir, 'colyseus.log'),
    isReady: async () => (await statusOf(address)) > 0,
    readyMs: 15_000,
    stopSignal: 'SIGTERM',
    stopMs: 5000,
  })
  return {
    name: `Colyseus, ${mode}`,
    urls: [address],
    metrics: [],
    wire: 'colyseus',
    pids: () => ({ nodes: [service.pid] }),
    sessions: async (count) => Array.from({ length: count }, () => ''),
    async close() {
      await service.stop()
      releasePort(port)
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
