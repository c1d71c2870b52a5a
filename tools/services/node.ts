import { join } from 'node:path'
import { Service, startService } from './process.ts'
import { runsTypeScript } from '../../server/src/check-node.mjs'
import { statusOf } from './http.ts'

/** The repository's root. */
export const ROOT = join(import.meta.dirname, '../..')

export interface NodeOptions {
  name: string
  port: number
  logFile: string
  redisUrl: string
  databaseUrl: string
  wechat: { url: string; appid: string; secret: string }
  /** The program to run; server/main.ts. */
  program?: string
  /** Further environment; takes precedence over everything else. */
  env?: Record<string, string>
}

/** Window between informing the clients and the end of a node; see `DRAIN_MS` of the server. */
const DEFAULT_DRAIN_MS = 1500

/** The Node that can run TypeScript: ours, even if an older one of the machine runs this. */
export function nodeBinary(): string {
  return runsTypeScript(process.versions.node) ? process.execPath : join(ROOT, 'node_modules/node/bin/node')
}

/** Starts a server node and waits until it is ready to play. */
export function startNode(options: NodeOptions): Promise<Service> {
  const { name, port, logFile, redisUrl, databaseUrl, wechat, program = join(ROOT, 'server/main.ts'), env = {} } = options
  const drainMs = env['DRAIN_MS'] ?? String(DEFAULT_DRAIN_MS)
  return startService({
    name,
    url: `http://127.0.0.1:${port}`,
    command: nodeBinary(),
    args: [program],
    cwd: ROOT,
    env: {
      ...process.env,
      NODE_NAME: name,
      HOST: '127.0.0.1',
      PORT: String(port),
      REDIS_URL: redisUrl,
      DATABASE_URL: databaseUrl,
      WECHAT_API_URL: wechat.url,
      WECHAT_APPID: wechat.appid,
      WECHAT_SECRET: wechat.secret,
      TRUST_PROXY: 'loopback',
      LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'info',
      DRAIN_MS: drainMs,
      ...env,
    },
    logFile,
    isReady: async () => (await statusOf(`http://127.0.0.1:${port}/readyz`)) === 200,
    readyMs: 30_000,
    stopSignal: 'SIGTERM',
    stopMs: Number(drainMs) + 10_000,
  })
}
