import { join } from 'node:path'
import { statusOf } from './http.ts'
import { nodeBinary, ROOT } from './node.ts'
import { startService, type Service } from './process.ts'

export interface RecorderOptions {
  name: string
  port: number
  logFile: string
  redisUrl: string
  databaseUrl: string
  /** Further environment; takes precedence over everything else. */
  env?: Record<string, string>
}

/** Starts a separate recorder, for a cluster whose nodes do not record (RECORDER=off), and waits until it works. */
export function startRecorder({ name, port, logFile, redisUrl, databaseUrl, env = {} }: RecorderOptions): Promise<Service> {
  const url = `http://127.0.0.1:${port}`
  return startService({
    name,
    url,
    command: nodeBinary(),
    args: [join(ROOT, 'server/main.ts'), 'recorder'],
    cwd: ROOT,
    env: { ...process.env, NODE_NAME: name, HOST: '127.0.0.1', PORT: String(port), REDIS_URL: redisUrl, DATABASE_URL: databaseUrl, ...env },
    logFile,
    isReady: async () => (await statusOf(`${url}/readyz`)) === 200,
    readyMs: 30_000,
    stopSignal: 'SIGTERM',
    stopMs: 15_000,
  })
}
