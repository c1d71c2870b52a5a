import { mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { siteOf } from '../../preview/build.ts'
import { migrate } from '../../prisma/migrate.ts'
import { schema } from '../../server/src/config.ts'
import { loadGame } from '../../server/src/game.ts'
import { removeInfo, writeInfo, type ClusterInfo } from './cluster-info.ts'
import { startPageServer, type PageServer } from '../cluster-page/server.ts'
import { waitUntilReady } from './readiness.ts'
import { startMariaDb } from '../services/mariadb.ts'
import { startNginx, type Nginx } from '../services/nginx.ts'
import { startNode } from '../services/node.ts'
import { statusOf } from '../services/http.ts'
import { takePort, releasePort } from '../services/ports.ts'
import type { Service } from '../services/process.ts'
import { startRedis } from '../services/redis.ts'
import { startWechat } from '../services/wechat.ts'
import { supervise } from './process-supervisor.ts'
import { watchStalls } from './stalled-nodes.ts'

export interface ClusterOptions {
  /** Folder for data, logs and `cluster.json`. */
  dataDir: string
  /** How many nodes to start with; 3. */
  nodes?: number
  /** nginx's TLS port; 0, the default: any. */
  port?: number
  /** nginx's port that redirects to TLS; 0, the default: any. */
  httpPort?: number
  /** False leaves nginx out; `info.url` is then the first node's. */
  nginx?: boolean
  /** An existing database instead of a private MariaDB; `pid` only goes into `cluster.json`. */
  database?: { url: string; pid: number }
  /** An existing Redis instead of a private one. */
  redis?: { url: string; pid: number }
  /** WeChat's real API instead of the stand-in. */
  wechat?: { url: string; appid: string; secret: string }
  /** Whether a service that ends unexpectedly is started again, and a node that has stalled is killed; false. */
  supervise?: boolean
  /** Serves the cluster page at `/cluster` through nginx. Everyone who can open it on this machine can stop and kill nodes; false. */
  page?: boolean
  /** The program of every node; server/main.ts. */
  program?: string
  /** Further environment of every node; takes precedence over what the cluster sets. */
  env?: Record<string, string>
  /** Handshakes per second that nginx lets one address make; 200. */
  handshakesPerSecond?: number
  /** Called with a line for every action. */
  onProgress?: (line: string) => void
}

/** As the nodes parse them. */
const settings = schema.shape

/** The credentials of the stand-in: there is nothing behind them to protect. */
const STAND_IN = { appid: 'wx0123456789abcdef', secret: 'caiquan-stand-in' }
/** As it would be set for the message push of a mini program. */
const PUSH_TOKEN = 'caiquanStandIn'

/** The cluster was closed while it was starting. */
export class ClusterClosedError extends Error {
  override readonly name = 'ClusterClosedError'
}

/** Starts everything that a game needs and waits until a match can be played. If that fails, what was started is stopped. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const cluster = new Cluster(options)
  try {
    await cluster.start()
    return cluster
  } catch (error) {
    await cluster.close()
    throw error
  }
}

/** A whole Caiquan: Redis, MariaDB, a stand-in for WeChat, the nodes and nginx. Created by `startCluster`. */
export class Cluster {
  readonly dataDir: string
  readonly nodes: Service[] = []
  /** Null if the options name an existing one; the same holds for the next two. */
  redis: Service | null = null
  mysql: Service | null = null
  wechat: Service | null = null
  nginx: Nginx | null = null
  readonly #options: ClusterOptions
  readonly #note: (line: string) => void
  #page: PageServer | null = null
  readonly #ports: number[] = []
  readonly #endSupervision: (() => void)[] = []
  #nodesMade = 0
  /** Known before nginx starts, since the nodes send it to clients; 0 without nginx. */
  #nginxPort = 0
  #complete = false
  #starting: Promise<void> | null = null
  #closing: Promise<void> | null = null

  constructor(options: ClusterOptions) {
    this.#options = options
    this.#note = options.onProgress ?? (() => {})
    this.dataDir = resolve(options.dataDir)
  }

  /** The content of `cluster.json`, current at every reading. */
  get info(): ClusterInfo {
    const { database, redis, wechat } = this.#options
    const first = this.nodes[0]?.url ?? ''
    return {
      url: this.nginx?.url ?? first,
      insecureUrl: this.nginx?.insecureUrl ?? first,
      nodes: this.nodes.map(({ name, pid, url }) => ({ name, pid, url })),
      redis: redis ?? addressOf(this.redis),
      mysql: database ?? addressOf(this.mysql),
      nginx: this.nginx && { pid: this.nginx.service.pid },
      wechat: { url: wechat?.url ?? this.wechat?.url ?? '' },
    }
  }

  /** @throws ClusterClosedError if `close()` was called meanwhile, and the errors of the services */
  start(): Promise<void> {
    this.#starting ??= this.#start()
    return this.#starting
  }

  async #start(): Promise<void> {
    const { nodes = 3, nginx = true } = this.#options
    mkdirSync(this.dataDir, { recursive: true, mode: 0o700 })
    if (nginx) this.#nginxPort = this.#options.port || (await this.#port())
    await settle([this.#startRedis(), this.#startMysql(), this.#startWechat()])
    await settle(Array.from({ length: nodes }, () => this.#startNode({})))
    this.nodes.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
    if (nginx) await this.#startNginx()
    await this.#step('A match can be played', () => waitUntilReady(this.info, this.nginx?.certificate))
    this.#complete = true
    writeInfo(this.dataDir, this.info)
  }

  /**
   * Starts one more node and makes nginx send clients to it. `env` takes precedence over the cluster's. @param program server/main.ts if
   * absent
   */
  async addNode(env: Record<string, string> = {}, program?: string): Promise<Service> {
    const node = await this.#startNode(env, program)
    await this.nginx?.setNodes(this.#upstreams())
    writeInfo(this.dataDir, this.info)
    return node
  }

  /** Takes a node out for good: nginx sends no connections there any more, then the node drains and ends. */
  async removeNode(node: Service): Promise<void> {
    const index = this.nodes.indexOf(node)
    if (index < 0) return
    if (this.nodes.length === 1) throw new Error(`${node.name} is the last node: close the cluster instead.`)
    this.nodes.splice(index, 1)
    await this.nginx?.setNodes(this.#upstreams())
    await node.stop()
    writeInfo(this.dataDir, this.info)
  }

  /** Stops everything in order and waits; nothing is left running. Repeating it does no harm. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** Kills everything at once: for the second Ctrl-C. */
  async kill(): Promise<void> {
    for (const end of this.#endSupervision) end()
    await Promise.all(this.#services().map((service) => service.kill()))
  }

  async #close(): Promise<void> {
    // A step that has begun is completed, so that it is known what there is to stop; the next one refuses.
    await this.#starting?.catch(() => {})
    // An action that a button has started is completed, and its streams end, or nginx would wait for them.
    await this.#page?.close()
    for (const end of this.#endSupervision) end()
    // nginx accepts no connections while the nodes drain through it, and ends with the last connection.
    this.nginx?.service.signal('SIGQUIT')
    await Promise.all(this.nodes.map((node) => node.stop()))
    await this.wechat?.stop()
    await this.nginx?.service.stop()
    await this.mysql?.stop()
    await this.redis?.stop()
    removeInfo(this.dataDir)
    for (const port of this.#ports) releasePort(port)
  }

  async #startRedis(): Promise<void> {
    if (this.#options.redis) return
    const port = await this.#port()
    await this.#step(`Redis on port ${port}`, async () => {
      this.redis = await startRedis({ dir: join(this.dataDir, 'redis'), port, logFile: this.#log('redis') })
    })
    this.#adopt(this.redis)
  }

  async #startMysql(): Promise<void> {
    const { database } = this.#options
    if (!database) {
      const port = await this.#port()
      await this.#step(`MariaDB on port ${port}`, async () => {
        const { service } = await startMariaDb({ dir: join(this.dataDir, 'mariadb'), port, logFile: this.#log('mariadb') })
        this.mysql = service
      })
      this.#adopt(this.mysql)
    }
    await this.#step('Database migrated', () => migrate(this.info.mysql.url))
  }

  async #startWechat(): Promise<void> {
    if (this.#options.wechat) return
    const port = await this.#port()
    await this.#step(`Stand-in for WeChat on port ${port}`, async () => {
      const { WECHAT_PUSH_TOKEN: token = PUSH_TOKEN, WECHAT_PUSH_AES_KEY: aesKey } = this.#options.env ?? {}
      const push =
        this.#nginxPort === 0 ? null : { url: `https://127.0.0.1:${this.#nginxPort}/api/wechat/push`, token, ...(aesKey && { aesKey }) }
      this.wechat = await startWechat({ port, logFile: this.#log('wechat'), secret: STAND_IN.secret, push })
    })
    this.#adopt(this.wechat)
  }

  async #startNode(env: Record<string, string>, program = this.#options.program): Promise<Service> {
    const name = `node-${++this.#nodesMade}`
    const port = await this.#port()
    return this.#step(`${name} on port ${port}`, async () => {
      const node = await startNode({
        name,
        port,
        logFile: this.#log(name),
        redisUrl: this.info.redis.url,
        databaseUrl: this.info.mysql.url,
        wechat: this.#options.wechat ?? { url: this.info.wechat.url, ...STAND_IN },
        ...(program === undefined ? {} : { program }),
        env: {
          PUBLIC_URL: this.#nginxPort === 0 ? `http://127.0.0.1:${port}` : `https://127.0.0.1:${this.#nginxPort}`,
          ...(this.#options.wechat ? {} : { WECHAT_PUSH_TOKEN: PUSH_TOKEN }),
          ...this.#options.env,
          ...env,
        },
      })
      this.nodes.push(node)
      this.#adopt(node)
      if (this.#options.supervise)
        this.#endSupervision.push(watchStalls(node, { answers: async (url, ms) => (await statusOf(url, ms)) !== 0, note: this.#note }))
      return node
    })
  }

  async #startNginx(): Promise<void> {
    const { httpPort: wantedHttp, handshakesPerSecond, page } = this.#options
    if (page) {
      const { env } = this.#options
      this.#page = await startPageServer(this, await this.#port(), {
        shards: settings.SHARDS.parse(env?.['SHARDS']),
        game: () => loadGame(settings.GAME.parse(env?.['GAME'])),
        address: () => ({ url: this.info.url, certificate: this.nginx ? readFileSync(this.nginx.certificate, 'utf8') : undefined }),
        failed: (error) => this.#note(`The bots of the cluster page ended: ${error instanceof Error ? error.message : String(error)}`),
      })
    }
    const port = this.#nginxPort
    const httpPort = wantedHttp || (await this.#port())
    await this.#step(`nginx on ports ${port} and ${httpPort}`, async () => {
      this.nginx = await startNginx({
        dir: join(this.dataDir, 'nginx'),
        port,
        httpPort,
        nodes: this.#upstreams(),
        site: siteOf(this.#options.env?.['GAME'] ?? 'rps'),
        ...(this.#page && { pagePort: this.#page.port }),
        logFile: this.#log('nginx'),
        ...(handshakesPerSecond === undefined ? {} : { handshakesPerSecond }),
      })
    })
    this.#adopt(this.nginx?.service ?? null)
  }

  #upstreams(): { name: string; port: number }[] {
    return this.nodes.map(({ name, url }) => ({ name, port: Number(new URL(url).port) }))
  }

  /** Keeps `cluster.json` current, and the service running if that is wanted. */
  #adopt(service: Service | null): void {
    if (!service) return
    service.on('started', () => {
      if (this.#complete && !this.#closing) writeInfo(this.dataDir, this.info)
    })
    if (this.#options.supervise) this.#endSupervision.push(supervise(service, this.#note))
  }

  #services(): Service[] {
    return [...this.nodes, this.nginx?.service, this.wechat, this.mysql, this.redis].filter((service) => !!service)
  }

  #log(name: string): string {
    return join(this.dataDir, 'logs', `${name}.log`)
  }

  async #port(): Promise<number> {
    const port = await takePort()
    this.#ports.push(port)
    return port
  }

  async #step<T>(what: string, run: () => Promise<T>): Promise<T> {
    if (this.#closing) throw new ClusterClosedError(`${what}: not started, the cluster is closing.`)
    const begun = performance.now()
    const result = await run()
    this.#note(`${what} (${((performance.now() - begun) / 1000).toFixed(1)} s)`)
    return result
  }
}

const addressOf = (service: Service | null): { url: string; pid: number } => ({ url: service?.url ?? '', pid: service?.pid ?? 0 })

/** Waits for all, so that a failure of one leaves no other half started, and then fails with the first failure. */
async function settle(tasks: Promise<unknown>[]): Promise<void> {
  const failure = (await Promise.allSettled(tasks)).find((result) => result.status === 'rejected')
  if (failure) throw failure.reason
}
