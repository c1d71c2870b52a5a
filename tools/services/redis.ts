import { mkdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { findProgram } from './programs.ts'
import { startService, type Service } from './process.ts'

export interface RedisOptions {
  /** Folder for its data and log. */
  dir: string
  port: number
  logFile?: string
  /** Further settings, as on the command line: `{'maxmemory': '64mb'}`. */
  settings?: Record<string, string>
  /** Files of a certificate, its key and their authority: then it speaks TLS only. */
  tls?: { cert: string; key: string; ca: string }
  /** `redis`. */
  name?: string
  /** Further environment. */
  env?: Record<string, string>
}

/** Starts a private Redis that persists its writes (AOF) and never evicts a key. */
export function startRedis({
  dir,
  port,
  logFile = join(dir, 'redis.log'),
  settings = {},
  tls,
  name = 'redis',
  env = {},
}: RedisOptions): Promise<Service> {
  mkdirSync(dir, { recursive: true })
  const all = {
    ...(tls ? { ...tlsSettings(tls), port: '0', 'tls-port': String(port) } : { port: String(port) }),
    bind: '127.0.0.1',
    'protected-mode': 'yes',
    dir,
    save: '',
    appendonly: 'yes',
    appendfsync: 'everysec',
    'maxmemory-policy': 'noeviction',
    daemonize: 'no',
    'set-proc-title': 'no',
    ...settings,
  }
  return startService({
    name,
    url: `${tls ? 'rediss' : 'redis'}://127.0.0.1:${port}`,
    command: findProgram('redis-server'),
    args: Object.entries(all).flatMap(([key, value]) => [`--${key}`, value]),
    cwd: dir,
    env: { ...process.env, ...env },
    logFile,
    isReady: () => answersPing(port, !!tls),
    readyMs: 30_000,
    stopSignal: 'SIGTERM',
    stopMs: 10_000,
  })
}

const tlsSettings = ({ cert, key, ca }: { cert: string; key: string; ca: string }): Record<string, string> => ({
  'tls-cert-file': cert,
  'tls-key-file': key,
  'tls-ca-cert-file': ca,
  'tls-auth-clients': 'no',
  'tls-replication': 'yes',
  'tls-cluster': 'yes',
})

/** Whether Redis replies to a PING, even to refuse our credentials; while it loads its data it replies with an error. */
function answersPing(port: number, tls: boolean): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const at = { port, host: '127.0.0.1' }
  const ask = (): unknown => socket.write('PING\r\n')
  const socket: Socket = tls ? connectTls({ ...at, rejectUnauthorized: false }, ask) : connect(at, ask)
  socket.setTimeout(1000, () => socket.destroy())
  socket.once('data', (reply) => {
    resolve(/^(\+PONG|-NOAUTH)/.test(reply.toString()))
    socket.destroy()
  })
  socket.once('error', () => resolve(false))
  socket.once('close', () => resolve(false))
  return promise
}
