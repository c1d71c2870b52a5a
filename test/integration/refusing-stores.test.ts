/**
 * Guarantee 10: a store that refuses is an outage. Callers are told to try again, operators are told the cause, and the node recovers by
 * itself.
 */
import { statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { Connection } from 'mariadb'
import { io } from 'socket.io-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { openConnection } from '../../prisma/connection.ts'
import { testCluster } from '../support/cluster.ts'
import { http } from '../support/http.ts'
import { login, pair, TestPlayer, wechatCode } from '../support/player.ts'

let cluster: Cluster
let redis: Redis
let root: Connection
let url: string
let one: TestPlayer
let two: TestPlayer

beforeAll(async () => {
  cluster = await testCluster({ nodes: 2, ownDatabase: true, env: { ROUND_MS: '60000' } })
  redis = new Redis(cluster.info.redis.url)
  const mysql = new URL(cluster.info.mysql.url)
  ;[mysql.username, mysql.pathname] = ['root', '']
  root = await openConnection(mysql.href)
  url = cluster.info.nodes[0]?.url ?? ''
  one = await TestPlayer.join('refusing-one', url)
  two = await TestPlayer.join('refusing-two', cluster.info.nodes[1]?.url ?? '')
})
afterAll(async () => {
  for (const player of [one, two]) player?.close()
  redis?.disconnect()
  await root?.end()
  await cluster?.close()
})

const ready = () => http<{ error?: { code: string; message: string }; degraded?: string[] }>(`${url}/readyz`)
const metrics = async (): Promise<string> => (await http<string>(`${url}/metrics`)).body
const logged = (): number => cluster.nodes.reduce((sum, { logFile }) => sum + statSync(logFile).size, 0)
const UNAVAILABLE = { ok: false, error: { code: 'unavailable', retryAfterMs: expect.any(Number) } }

/** The error with which the node refuses a handshake. */
async function handshake(sessionId: string): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>()
  const socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false, auth: { sessionId } })
  socket.on('connect', () => resolve('let in'))
  socket.on('connect_error', (error: Error & { data?: unknown }) => resolve(error.data))
  return promise.finally(() => socket.close())
}

test.each([
  ['full', { maxmemory: '1mb' }, { maxmemory: '0' }],
  ['too few replicas', { 'min-replicas-to-write': '3' }, { 'min-replicas-to-write': '0' }],
])(
  'Redis that is %s: callers are told to try again, probes and metrics say why, logs stay short, and it heals',
  async (reason, on, off) => {
    const { sessionId } = await login(url, `refusing-late-${reason.replaceAll(' ', '-')}`)
    const id = await pair(one, two, 1)
    const set = async (settings: Record<string, string>) => {
      for (const [name, value] of Object.entries(settings)) await redis.config('SET', name, value)
    }
    await set(on)
    try {
      const before = logged()
      const started = performance.now()
      for (let i = 0; i < 15; i += 1) {
        expect(await one.raw('match:move', { matchId: id, round: 1, move: 'rock' })).toMatchObject(UNAVAILABLE)
        const reply = await http<{ error: { code: string; retryAfterMs: number } }>(`${url}/api/login`, {
          method: 'POST',
          body: { code: wechatCode('refused') },
        })
        expect(reply).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } })
        expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0)
      }
      expect(await handshake(sessionId)).toMatchObject({ code: 'overloaded', retryAfterMs: expect.any(Number) })
      await expect.poll(async () => (await ready()).status, { timeout: 6000 }).toBe(503)
      expect((await ready()).body.error).toEqual({ code: 'unavailable', message: `Redis: ${reason}` })
      const text = await metrics()
      expect(text).toMatch(new RegExp(`caiquan_store_refusals_total\\{store="redis",reason="${reason}",[^}]*\\} [1-9]`))
      expect(text).toMatch(/caiquan_store_refusing\{store="redis",[^}]*\} 1/)
      expect(text).toMatch(/caiquan_metrics_stale\{[^}]*\} 1/)
      // Players in a match keep the connection: reads continue.
      expect(one.socket.connected).toBe(true)
      // The lines during the outage, not the one line at its beginning.
      await sleep(Math.max(0, 2000 - (performance.now() - started)))
      expect((logged() - before) / ((performance.now() - started) / 1000)).toBeLessThan(8000)
    } finally {
      await set(off)
    }
    await expect.poll(async () => (await ready()).status, { timeout: 6000 }).toBe(200)
    await Promise.all([one.play(id, () => 'rock'), two.play(id, () => 'paper')])
    expect(await metrics()).toMatch(/caiquan_store_refusing\{store="redis",[^}]*\} 0/)
    expect(await handshake(sessionId)).toBe('let in')
  },
)

test('MySQL that is read-only: play continues and the node stays ready, but reports it', async () => {
  await root.query('SET GLOBAL read_only = 1')
  try {
    const change = await http(`${url}/api/me`, { method: 'PUT', headers: { sessionid: one.sessionId }, body: { nickname: 'later' } })
    expect(change).toMatchObject({ status: 503, body: { error: { code: 'unavailable', retryAfterMs: expect.any(Number) } } })
    expect(await http(`${url}/api/login`, { method: 'POST', body: { code: wechatCode('new-while-read-only') } })).toMatchObject({
      status: 503,
    })
    expect(await ready()).toMatchObject({ status: 200, body: { status: 'ready', degraded: ['MySQL: read-only'] } })
    expect(await metrics()).toMatch(/caiquan_store_refusing\{store="mysql",[^}]*\} 1/)
    const id = await pair(one, two, 1)
    await Promise.all([one.play(id, () => 'rock'), two.play(id, () => 'paper')])
  } finally {
    await root.query('SET GLOBAL read_only = 0')
  }
  expect(await http(`${url}/api/me`, { method: 'PUT', headers: { sessionid: one.sessionId }, body: { nickname: 'now' } })).toMatchObject({
    status: 200,
  })
  await expect.poll(async () => (await ready()).body, { timeout: 15_000, interval: 500 }).toEqual({ status: 'ready' })
})

test('metrics are returned within a second, also while Redis and MySQL hang, however often they are requested', async () => {
  for (const pid of [cluster.info.redis.pid, cluster.info.mysql.pid]) process.kill(pid, 'SIGSTOP')
  try {
    for (let round = 0; round < 3; round += 1) {
      const started = performance.now()
      const scrapes = await Promise.all(Array.from({ length: 20 }, () => http<string>(`${url}/metrics`)))
      expect(performance.now() - started).toBeLessThan(1000)
      for (const { status, body } of scrapes) {
        expect(status).toBe(200)
        expect(body).toContain('process_cpu_seconds_total')
      }
      await sleep(300)
    }
    expect((await http(`${url}/healthz`)).status).toBe(200)
  } finally {
    for (const pid of [cluster.info.redis.pid, cluster.info.mysql.pid]) process.kill(pid, 'SIGCONT')
  }
  await expect.poll(metrics, { timeout: 10_000, interval: 500 }).toMatch(/caiquan_metrics_stale\{[^}]*\} 0/)
})
