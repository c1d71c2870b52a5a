import { readFileSync } from 'node:fs'
import { Cluster, Redis, type ClusterOptions, type RedisOptions } from 'ioredis'
import type { Config } from '../config.ts'
import { parseRedisAddress } from './address.ts'
import { Batcher } from '../batcher.ts'
import { batchReads, type BatchedReads } from './batched-reads.ts'
import { hookSends } from './send-hooks.ts'

/**
 * One Redis or a Redis Cluster: every command and script of ours stays within one hash slot, so both are used alike. What one event-loop
 * tick writes through clients with the same batcher is sent together, in one system call for each connection.
 */
export type RedisClient = (SingleRedis | ClusterRedis) & {
  /** Flushes what the client writes. A task given to `before` runs ahead of a flush, and what the task sends is part of it. */
  readonly batcher: Batcher
}

export type RedisSettings = Pick<Config, 'REDIS_URL' | 'REDIS_CLUSTER' | 'REDIS_CA' | 'REDIS_TIMEOUT_MS'>

/**
 * - `fail-fast`: commands fail at once while Redis is away, and the client never repeats them after a lost connection: callers must learn
 *   that the outcome is unknown.
 * - `patient`: commands wait for Redis.
 */
export type Manner = 'fail-fast' | 'patient'

type NodeOptions = Omit<NonNullable<ClusterOptions['redisOptions']>, 'replyMapping'>
/** Replies as in RESP2; ioredis' types make these clients a type of their own. */
type Resp2 = { replyMapping?: 'legacy' }

/** How often a client asks which node has which slots, ms: it is not informed when a stalled primary is replaced. */
const SLOTS_REFRESH_MS = 1000
const CONNECT_TIMEOUT_MS = 5000
/** A cluster node that cannot be reached must not delay the search for its successor, ms. */
const CLUSTER_CONNECT_TIMEOUT_MS = 2000

const backoff = (attempt: number): number => Math.min(1000, 50 * 2 ** Math.min(attempt, 5)) * (0.5 + Math.random() / 2)

/**
 * Connects, and reconnects after every loss until `quit()` or `disconnect()`.
 * @param name for CLIENT LIST
 * @param batcher shared by the clients of a process whose writes may be sent together
 */
export function connectRedis(settings: RedisSettings, name: string, manner: Manner = 'fail-fast', batcher = new Batcher()): RedisClient {
  const client = makeClient(settings, name, manner, batcher)
  const hook = (connection: Redis): void => hookSends(connection, batcher, manner === 'fail-fast' ? settings.REDIS_TIMEOUT_MS : null)
  if (client instanceof Cluster) client.on('+node', hook)
  else hook(client)
  return client
}

function makeClient(settings: RedisSettings, name: string, manner: Manner, batcher: Batcher): RedisClient {
  const { nodes, username, password, tls, db } = parseRedisAddress(settings.REDIS_URL)
  const [first] = nodes
  const base: NodeOptions = {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls && { tls: settings.REDIS_CA === undefined ? {} : { ca: readFileSync(settings.REDIS_CA, 'utf8') } }),
    connectionName: name,
    // Otherwise the users of Redis would need the right to CLIENT SETINFO, which version 7.0 does not know.
    disableClientInfo: true,
  }
  if (settings.REDIS_CLUSTER) return connectCluster(nodes, base, manner, batcher)
  const common: RedisOptions & Resp2 = { ...base, ...first, db, retryStrategy: backoff, connectTimeout: CONNECT_TIMEOUT_MS }
  return manner === 'fail-fast'
    ? new SingleRedis(batcher, { ...common, autoResendUnfulfilledCommands: false, enableOfflineQueue: false, maxRetriesPerRequest: 0 })
    : // A subscription that was under way when the connection broke must be sent again: nobody else would.
      new SingleRedis(batcher, { ...common, autoResendUnfulfilledCommands: true, maxRetriesPerRequest: null })
}

function connectCluster(nodes: { host: string; port: number }[], base: NodeOptions, manner: Manner, batcher: Batcher): ClusterRedis {
  const redisOptions: NodeOptions = { ...base, connectTimeout: CLUSTER_CONNECT_TIMEOUT_MS }
  const common: ClusterOptions = {
    clusterRetryStrategy: backoff,
    slotsRefreshInterval: SLOTS_REFRESH_MS,
    slotsRefreshTimeout: 1000,
    // Certificates are issued for names, which would be lost if they were resolved here.
    dnsLookup: (host, done) => done(null, host),
  }
  if (manner === 'patient') return new ClusterRedis(batcher, nodes, { ...common, shardedSubscribers: true, redisOptions })
  return new FailFastCluster(batcher, nodes, {
    ...common,
    // Commands that were refused (MOVED, ASK, TRYAGAIN, CLUSTERDOWN) are sent again; commands that may have been carried out are not.
    retryDelayOnFailover: 0,
    redisOptions,
  })
}

/** Resolves when commands can be sent. @throws the error of the first attempt to connect */
export async function whenReady(client: RedisClient): Promise<void> {
  if (client.status === 'ready') return
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  client.once('ready', resolve)
  client.once('error', (error: Error & { lastNodeError?: Error }) => reject(error.lastNodeError ?? error))
  await promise
}

class SingleRedis extends Redis implements BatchedReads {
  readonly batcher: Batcher
  readonly batchedGet: BatchedReads['batchedGet']

  constructor(batcher: Batcher, options: RedisOptions & Resp2) {
    super(options)
    this.batcher = batcher
    this.batchedGet = batchReads((keys) => this.mget(keys), batcher).batchedGet
  }
}

class ClusterRedis extends Cluster implements BatchedReads {
  readonly batcher: Batcher

  constructor(batcher: Batcher, nodes: { host: string; port: number }[], options: ClusterOptions & { redisOptions?: NodeOptions & Resp2 }) {
    super(nodes, options)
    this.batcher = batcher
  }

  batchedGet(key: string): Promise<string | null> {
    return this.get(key)
  }
}

/**
 * ioredis' own `enableOfflineQueue: false` also refuses commands to a node that is still connecting, as happens in every fail-over and
 * every resharding. This class refuses only if the whole cluster is away.
 */
class FailFastCluster extends ClusterRedis {
  override sendCommand(...[command, ...rest]: Parameters<Cluster['sendCommand']>): unknown {
    if (this.status === 'ready' || command.name === 'cluster') return super.sendCommand(command, ...rest)
    command.reject(new Error('Connection is closed.'))
    return command.promise
  }
}
