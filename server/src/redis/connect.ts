import { readFileSync } from 'node:fs'
import { Cluster, Redis, type ClusterOptions, type RedisOptions } from 'ioredis'
import type { Config } from '../config.ts'
import { parseRedisAddress } from './address.ts'
import { Batcher } from '../batcher.ts'
import { batchReads, type BatchedReads } from './batched-reads.ts'
import { hookSends } from './send-hooks.ts'

/**
 * One Redis or a Redis Cluster: every command and script of ours stays within one hash slot, so both are used alike. What one event-loop
 * tick writes through clients with the same batcher leaves together, one system call for each connection.
 */
export type RedisClient = (SingleRedis | ClusterRedis) & {
  /** What its commands leave with: a task given to `before` runs ahead of them, and what the task sends is part of the same write. */
  readonly batcher: Batcher
}

export type RedisSettings = Pick<Config, 'REDIS_URL' | 'REDIS_CLUSTER' | 'REDIS_CA' | 'REDIS_TIMEOUT_MS'>

/**
 * - `fail-fast`: commands fail at once while Redis is away, and are never repeated by the client after a lost connection: whoever
 *   asked must learn that he does not know whether they were carried out.
 * - `patient`: they wait for it.
 */
export type Manner = 'fail-fast' | 'patient'

type NodeOptions = Omit<NonNullable<ClusterOptions['redisOptions']>, 'replyMapping'>
/** Replies as RESP2 has them, of which ioredis' types make a kind of client of its own. */
type Resp2 = { replyMapping?: 'legacy' }

/** How often a client asks which node has which slots, ms: nobody tells it that a stalled primary has been replaced. */
const SLOTS_REFRESH_MS = 1000
const CONNECT_TIMEOUT_MS = 5000
/** A node of a cluster that cannot be reached must not hold up the look for its successor. */
const CLUSTER_CONNECT_TIMEOUT_MS = 2000

const backoff = (attempt: number): number => Math.min(1000, 50 * 2 ** Math.min(attempt, 5)) * (0.5 + Math.random() / 2)

/**
 * Connects, and does so again after every loss until `quit()` or `disconnect()`.
 * @param name for CLIENT LIST
 * @param batcher shared by the clients of a process whose writes may leave together
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
    // Spares the users of Redis the right to CLIENT SETINFO, which version 7.0 does not know.
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
    // Certificates bear names, which would be lost if they were resolved here.
    dnsLookup: (host, done) => done(null, host),
  }
  if (manner === 'patient') return new ClusterRedis(batcher, nodes, { ...common, shardedSubscribers: true, redisOptions })
  return new FailFastCluster(batcher, nodes, {
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
 * ioredis' own `enableOfflineQueue: false` also refuses commands to a node that is just being connected to, which every
 * fail-over and every resharding brings about. Only a whole cluster that is not there refuses here.
 */
class FailFastCluster extends ClusterRedis {
  override sendCommand(...[command, ...rest]: Parameters<Cluster['sendCommand']>): unknown {
    if (this.status === 'ready' || command.name === 'cluster') return super.sendCommand(command, ...rest)
    command.reject(new Error('Connection is closed.'))
    return command.promise
  }
}
