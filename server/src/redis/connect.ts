import { readFileSync } from 'node:fs'
import { Cluster, Redis, type ClusterOptions, type RedisOptions } from 'ioredis'
import type { Config } from '../config.ts'
import { parseRedisAddress } from './address.ts'
import { timeOutCommands } from './command-timeouts.ts'
import { gatherReads, gatherWrites } from './batching.ts'

/** One Redis or a Redis Cluster: every command and script of ours stays within one hash slot, so both are used alike. */
export type RedisClient = Redis | Cluster

export type RedisSettings = Pick<Config, 'REDIS_URL' | 'REDIS_CLUSTER' | 'REDIS_CA' | 'REDIS_TIMEOUT_MS'>

/**
 * - `fail-fast`: commands fail at once while Redis is away, and are never repeated by the client after a lost connection: whoever
 *   asked must learn that he does not know whether they were carried out.
 * - `patient`: they wait for it.
 */
export type Manner = 'fail-fast' | 'patient'

type NodeOptions = Omit<NonNullable<ClusterOptions['redisOptions']>, 'replyMapping'>

/** How often a client asks which node has which slots, ms: nobody tells it that a stalled primary has been replaced. */
const SLOTS_REFRESH_MS = 1000
const CONNECT_TIMEOUT_MS = 5000
/** A node of a cluster that cannot be reached must not hold up the look for its successor. */
const CLUSTER_CONNECT_TIMEOUT_MS = 2000

const backoff = (attempt: number): number => Math.min(1000, 50 * 2 ** Math.min(attempt, 5)) * (0.5 + Math.random() / 2)

/** Connects, and does so again after every loss until `quit()` or `disconnect()`. @param name for CLIENT LIST */
export function connectRedis(settings: RedisSettings, name: string, manner: Manner = 'fail-fast'): RedisClient {
  const client = makeClient(settings, name, manner)
  const prepare = (node: Redis): void => {
    gatherWrites(node)
    if (manner === 'fail-fast') timeOutCommands(node, settings.REDIS_TIMEOUT_MS)
  }
  if (client instanceof Cluster) client.on('+node', prepare)
  else {
    prepare(client)
    gatherReads(client)
  }
  return client
}

function makeClient(settings: RedisSettings, name: string, manner: Manner): RedisClient {
  const { nodes, username, password, tls, db } = parseRedisAddress(settings.REDIS_URL)
  const [first] = nodes
  const base: NodeOptions = {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls && { tls: settings.REDIS_CA === undefined ? {} : { ca: readFileSync(settings.REDIS_CA, 'utf8') } }),
    connectionName: name,
    // Spares the users of Redis the right to CLIENT SETINFO, which version 7.0 does not know.
    disableClientInfo: true,
  }
  if (settings.REDIS_CLUSTER) return connectCluster(nodes, base, manner)
  const common: RedisOptions = { ...base, ...first, db, retryStrategy: backoff, connectTimeout: CONNECT_TIMEOUT_MS }
  return manner === 'fail-fast'
    ? new Redis({ ...common, autoResendUnfulfilledCommands: false, enableOfflineQueue: false, maxRetriesPerRequest: 0 })
    : // A subscription that was under way when the connection broke must be sent again: nobody else would.
      new Redis({ ...common, autoResendUnfulfilledCommands: true, maxRetriesPerRequest: null })
}

function connectCluster(nodes: { host: string; port: number }[], base: NodeOptions, manner: Manner): Cluster {
  const redisOptions: NodeOptions = { ...base, connectTimeout: CLUSTER_CONNECT_TIMEOUT_MS }
  const common: ClusterOptions = {
    clusterRetryStrategy: backoff,
    slotsRefreshInterval: SLOTS_REFRESH_MS,
    slotsRefreshTimeout: 1000,
    // Certificates bear names, which would be lost if they were resolved here.
    dnsLookup: (host, done) => done(null, host),
  }
  if (manner === 'patient') return new Cluster(nodes, { ...common, shardedSubscribers: true, redisOptions })
  return new FailFastCluster(nodes, {
    ...common,
    // What was refused (MOVED, ASK, TRYAGAIN, CLUSTERDOWN) is sent again; what may have been carried out is not.
    retryDelayOnFailover: 0,
    redisOptions,
  })
}

/** Resolves when commands can be sent. @throws what the first attempt to connect failed with */
export async function whenReady(client: RedisClient): Promise<void> {
  if (client.status === 'ready') return
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  client.once('ready', resolve)
  client.once('error', (error: Error & { lastNodeError?: Error }) => reject(error.lastNodeError ?? error))
  await promise
}

/**
 * ioredis' own `enableOfflineQueue: false` also refuses commands to a node that is just being connected to, which every
 * fail-over and every resharding brings about. Only a whole cluster that is not there refuses here.
 */
class FailFastCluster extends Cluster {
  override sendCommand(...[command, ...rest]: Parameters<Cluster['sendCommand']>): unknown {
    if (this.status === 'ready' || command.name === 'cluster') return super.sendCommand(command, ...rest)
    command.reject(new Error('Connection is closed.'))
    return command.promise
  }
}
