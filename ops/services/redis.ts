import { mkdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { findProgram } from './programs.ts'
import { startService, type Service } from './process.ts'

export interface RedisOptions {
  /** Folder for its data and log. */
  dir: string
  port: number
  logFile?: string
  /** Further settings, as on the command line: `{'maxmemory': '64mb'}`. */
  settings?: Record<string, string>
}

/** Starts a private Redis that keeps what it was told (AOF) and never drops a key for want of memory. */
export function startRedis({ dir, port, logFile = join(dir, 'redis.log'), settings = {} }: RedisOptions): Promise<Service> {
  mkdirSync(dir, { recursive: true })
  const all = {
    port: String(port),
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
    name: 'redis',
    url: `redis://127.0.0.1:${port}`,
    command: findProgram('redis-server'),
    args: Object.entries(all).flatMap(([key, value]) => [`--${key}`, value]),
    cwd: dir,
    logFile,
    isReady: () => answersPing(port),
    readyMs: 30_000,
    stopSignal: 'SIGTERM',
    stopMs: 10_000,
  })
}

/** Whether Redis answers a PING; while it still loads its data it answers an error. */
function answersPing(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect({ port, host: '127.0.0.1' }, () => socket.write('PING\r\n'))
  socket.setTimeout(1000, () => socket.destroy())
  socket.once('data', (reply) => {
    resolve(reply.toString().startsWith('+PONG'))
    socket.destroy()
  })
  socket.once('error', () => resolve(false))
  socket.once('close', () => resolve(false))
  return promise
}
