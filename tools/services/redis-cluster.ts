import { join } from 'node:path'
import { Redis, type RedisOptions as ClientOptions } from 'ioredis'
import { takePort, releasePort } from './ports.ts'
import type { Service } from './process.ts'
import { startRedis, type RedisOptions } from './redis.ts'
import { until } from '../until.ts'

export interface RedisClusterOptions extends Pick<RedisOptions, 'settings' | 'tls'> {
  /** Folder for data and logs. */
  dir: string
  /** 3, the fewest that can elect a successor. */
  primaries?: number
  /** Of each primary; 0. */
  replicas?: number
  /** Time after which a silent node counts as failed, ms; 2000. */
  nodeTimeoutMs?: number
  /** The credentials with which the cluster is created. */
  client?: ClientOptions
}

/** A private Redis Cluster. */
export interface RedisCluster {
  /** Primaries first, in the order of their creation. */
  nodes: Service[]
  /** As REDIS_URL names it, without credentials. */
  url: string
  close(): Promise<void>
}

const SLOTS = 16_384
const FORMED_MS = 30_000

export async function startRedisCluster(options: RedisClusterOptions): Promise<RedisCluster> {
  const { dir, primaries = 3, replicas = 0, nodeTimeoutMs = 2000, settings = {}, tls, client = {} } = options
  const ports: number[] = []
  const port = async (): Promise<number> => {
    const free = await takePort()
    ports.push(free)
    return free
  }
  const nodes: Service[] = []
  const close = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()))
    for (const each of ports) releasePort(each)
  }
  try {
    const members = await Promise.all(
      Array.from({ length: primaries * (1 + replicas) }, async (_, index) => {
        const [own, bus] = [await port(), await port()]
        const name = `redis-${index + 1}`
        const service = await startRedis({
          dir: join(dir, name),
          port: own,
          name,
          ...(tls && { tls }),
          settings: {
            'cluster-enabled': 'yes',
            'cluster-port': String(bus),
            'cluster-node-timeout': String(nodeTimeoutMs),
            // So that any of them may be replaced at once by the only other one that has the data.
            'cluster-replica-validity-factor': '0',
            'repl-diskless-sync-delay': '0',
            ...settings,
          },
        })
        nodes.push(service)
        return { service, port: own, bus }
      }),
    )
    nodes.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
    await form(members, primaries, { ...client, ...(tls && { tls: { rejectUnauthorized: false } }) })
    return { nodes, url: `${tls ? 'rediss' : 'redis'}://${members.map((member) => `127.0.0.1:${member.port}`).join(',')}`, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Makes one cluster of single nodes: every n-th of those after the primaries is a replica of the n-th. */
async function form(members: { port: number; bus: number }[], primaries: number, options: ClientOptions): Promise<void> {
  const clients = members.map(({ port }) => new Redis({ ...options, host: '127.0.0.1', port }))
  try {
    await Promise.all(
      clients.slice(0, primaries).map(async (client, index) => {
        const [from, to] = [Math.ceil((index * SLOTS) / primaries), Math.ceil(((index + 1) * SLOTS) / primaries) - 1]
        await client.cluster('ADDSLOTSRANGE', from, to)
        await client.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1)
      }),
    )
    const [first] = members
    await Promise.all(clients.slice(1).map((client) => client.call('CLUSTER', 'MEET', '127.0.0.1', first?.port ?? 0, first?.bus ?? 0)))
    await Promise.all(
      clients.map((client) => reached(async () => (await client.cluster('INFO')).includes(`cluster_known_nodes:${members.length}`))),
    )
    await Promise.all(
      clients.slice(primaries).map(async (client, index) => {
        const primary = await clients[index % primaries]?.call('CLUSTER', 'MYID')
        await reached(async () => (await client.call('CLUSTER', 'REPLICATE', String(primary))) === 'OK')
        await reached(async () => (await client.info('replication')).includes('master_link_status:up'))
      }),
    )
    await Promise.all(
      clients.map((client) =>
        reached(async () => {
          const known = (await client.cluster('SLOTS')) as unknown[][]
          return (
            (await client.cluster('INFO')).includes('cluster_state:ok') &&
            known.length === primaries &&
            known.reduce((sum, range) => sum + range.length - 2, 0) === members.length
          )
        }),
      ),
    )
  } finally {
    for (const client of clients) client.disconnect()
  }
}

/** Waits for a step. An error means not yet: a node may not know another one so far. @throws Error if it does not succeed in time */
async function reached(condition: () => Promise<boolean>): Promise<void> {
  let cause: unknown
  const holds = (): Promise<boolean> =>
    condition().catch((error: unknown) => {
      cause = error
      return false
    })
  if (!(await until(holds, FORMED_MS))) throw new Error('The Redis Cluster did not form in time.', { cause })
}
