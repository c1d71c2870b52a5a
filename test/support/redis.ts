import { Cluster as RedisCluster } from 'ioredis'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { inject } from 'vitest'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { takePort, releasePort } from '../../tools/services/ports.ts'
import { startRedisCluster } from '../../tools/services/redis-cluster.ts'
import { startRedis } from '../../tools/services/redis.ts'
import { connectRedis, type RedisClient } from '../../server/src/redis/connect.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The store of the matches of a project's tests: one Redis, or a Redis Cluster of three primaries. */
    redis: 'one' | 'cluster'
  }
}

/** The environment that a server needs to find this Redis. */
export const redisEnv = (url: string): { REDIS_URL: string; REDIS_CLUSTER: string } => ({
  REDIS_URL: url,
  REDIS_CLUSTER: url.includes(',') ? 'on' : 'off',
})

/** A client that waits for Redis, as tests do. End it with `quit()`. */
export function openRedis({ info }: Pick<Cluster, 'info'>): RedisClient {
  return connectTo(info.redis.url)
}

/** As `openRedis`, by address. */
export function connectTo(url: string): RedisClient {
  const client = connectRedis(
    { REDIS_URL: url, REDIS_CLUSTER: url.includes(','), REDIS_CA: undefined, REDIS_TIMEOUT_MS: 5000 },
    'test',
    'patient',
  )
  client.on('error', () => undefined)
  return client
}

/** A Redis of its own, of the kind that the project uses, for tests without a cluster of nodes. */
export async function testRedis(): Promise<{ url: string; pid: number; open(): RedisClient; close(): Promise<void> }> {
  const dir = mkdtempSync(join(inject('testDir'), 'redis-'))
  const remove = (): void => rmSync(dir, { recursive: true, force: true })
  if (inject('redis') === 'cluster') {
    const { url, nodes, close } = await startRedisCluster({ dir })
    return { url, pid: nodes[0]?.pid ?? 0, open: () => connectTo(url), close: () => close().then(remove) }
  }
  const port = await takePort()
  const service = await startRedis({ dir, port, settings: { appendonly: 'no' } })
  return {
    url: service.url,
    pid: service.pid,
    open: () => connectTo(service.url),
    async close() {
      await service.stop()
      releasePort(port)
      remove()
    },
  }
}

/** FLUSHALL of the whole Redis. */
export async function flush(redis: RedisClient): Promise<void> {
  await Promise.all(redis instanceof RedisCluster ? redis.nodes('master').map((node) => node.flushall()) : [redis.flushall()])
}

/** KEYS of the whole Redis. */
export async function keysOf(redis: RedisClient, pattern: string): Promise<string[]> {
  const found = await Promise.all(
    redis instanceof RedisCluster ? redis.nodes('master').map((node) => node.keys(pattern)) : [redis.keys(pattern)],
  )
  return found.flat().sort()
}
