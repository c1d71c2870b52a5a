import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import { ControlError, createControl, type Control, type Controlled } from './control.ts'
import { refusal } from './guard.ts'
import { createBots, type Bots, type BotsOptions } from './bots.ts'
import { BOT_PAIRS } from './report.ts'
import { startTally } from './tally.ts'
import { Watch } from './watch.ts'

/** The API of the cluster page, under `/cluster/api/`. */
export interface PageServer {
  port: number
  /** Ends the streams, and waits for what a button has started. */
  close(): Promise<void>
}

/** Enough to see how it scales; repeated clicks must not fill the machine. */
const MOST_NODES = 8
/** To a proxy, a stream that is silent for longer looks dead; there is a message every second anyway. */
const RETRY_MS = 1000

const COMMAND = /^\/cluster\/api\/nodes\/([\w-]{1,32})\/(stop|kill|stall)$/

/** What the page needs of a cluster. */
export interface PagedCluster extends Controlled {
  readonly info: { redis: { url: string }; mysql: { url: string } }
}

export interface PageServerOptions extends Pick<BotsOptions, 'game' | 'address'> {
  shards: number
  /** A failure that was not caused by the request. */
  failed(error: unknown): void
}

/** Listens on the loopback only: everyone who reaches it can kill nodes. For development, never in production. */
export async function startPageServer(
  cluster: PagedCluster,
  port: number,
  { shards, failed, ...options }: PageServerOptions,
): Promise<PageServer> {
  const { redis, mysql } = cluster.info
  // Another Redis may be a Cluster, whose streams are on many servers.
  const tally = cluster.redis ? startTally({ redisUrl: redis.url, databaseUrl: mysql.url, shards }) : null
  const bots = createBots({ ...options, failed, acknowledged: (move) => tally?.acknowledged(move) })
  const watch = new Watch(
    () => cluster.nodes,
    MOST_NODES,
    () => ({ counts: tally?.counts ?? null, bots: bots.pairs }),
  )
  const control = createControl(cluster, watch, MOST_NODES)
  const streams = new Set<ServerResponse>()
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      const status = error instanceof ControlError ? error.status : 500
      reply(response, status, {
        error: { code: status === 500 ? 'internal' : 'refused', message: error instanceof Error ? error.message : String(error) },
      })
    })
  })
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    request.resume()
    if (request.method === 'GET' && path === '/cluster/api/events') {
      stream(watch, response, streams)
      return
    }
    if (request.method !== 'POST') throw new ControlError(404, 'There is nothing here.')
    const problem = refusal(request.headers)
    if (problem) throw new ControlError(403, problem)
    reply(response, 200, await act(control, bots, path))
  }
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    port,
    async close() {
      for (const response of streams) response.end()
      bots.stop()
      await control.close()
      await tally?.close()
      watch.close()
      server.close()
      server.closeAllConnections()
    },
  }
}

async function act(control: Control, bots: Bots, path: string): Promise<object> {
  if (path === '/cluster/api/nodes') return { name: await control.add() }
  if (path === '/cluster/api/kill-others') return { name: await control.killOthers() }
  if (path === '/cluster/api/restart-redis') return { done: await control.restartRedis().then(() => true) }
  if (path === '/cluster/api/bots/start' || path === '/cluster/api/bots/stop') {
    if (path.endsWith('start')) bots.start(BOT_PAIRS)
    else bots.stop()
    return { pairs: bots.pairs }
  }
  const [, name, what] = COMMAND.exec(path) ?? []
  if (!name) throw new ControlError(404, 'There is nothing here.')
  await (what === 'kill' ? control.kill(name) : what === 'stall' ? control.stall(name) : control.stop(name))
  return { name }
}

/** Server-sent events; a browser that lost the stream reconnects and gets the whole history. */
function stream(watch: Watch, response: ServerResponse, streams: Set<ServerResponse>): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' })
  response.write(`retry: ${RETRY_MS}\n\n`)
  streams.add(response)
  const unsubscribe = watch.subscribe((report) => response.write(`data: ${JSON.stringify(report)}\n\n`))
  response.on('close', () => {
    unsubscribe()
    streams.delete(response)
  })
}

function reply(response: ServerResponse, status: number, body: object): void {
  if (response.headersSent) return void response.end()
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' }).end(JSON.stringify(body))
}
