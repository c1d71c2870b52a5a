import { Cluster, type Redis } from 'ioredis'
import type { Config } from '../config.ts'
import type { Log } from '../log.ts'
import type { RedisClient } from './connect.ts'

/** A Redis that would lose matches. */
export class UnfitRedisError extends Error {
  override readonly name = 'UnfitRedisError'
}

/** Checks that Redis is configured as the guarantees need it. @throws UnfitRedisError if matches could be lost silently */
export async function checkRedis(redis: RedisClient, config: Pick<Config, 'NODE_ENV'>, log: Log): Promise<void> {
  const primaries = redis instanceof Cluster ? redis.nodes('master') : [redis]
  await Promise.all(primaries.map((primary) => checkOne(primary, redis instanceof Cluster, config, log)))
}

async function checkOne(redis: Redis, inCluster: boolean, config: Pick<Config, 'NODE_ENV'>, log: Log): Promise<void> {
  const at = `Redis at ${redis.options.host}:${redis.options.port}`
  // Not CONFIG GET, which also returns passwords: no node has the right to it.
  const info = await redis.info('server', 'memory', 'persistence')
  const version = field(info, 'redis_version')
  if (Number.parseInt(version, 10) < 7)
    throw new UnfitRedisError(`${at} is of version ${version}: version 7 or newer is needed (sharded Pub/Sub).`)
  if (!inCluster && field(info, 'redis_mode') === 'cluster')
    throw new UnfitRedisError(`${at} is a node of a Redis Cluster: set REDIS_CLUSTER=on.`)
  const policy = field(info, 'maxmemory_policy')
  if (policy !== 'noeviction')
    throw new UnfitRedisError(
      `${at} runs with maxmemory-policy ${policy}: it would drop matches when memory is short. Set it to noeviction.`,
    )
  if (field(info, 'aof_enabled') !== '1') {
    const level = config.NODE_ENV === 'production' ? 'error' : 'warn'
    log[level](`${at} runs without AOF: a restart of it would lose running matches. Set appendonly yes.`)
  }
}

const field = (info: string, name: string): string => new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1] ?? 'unknown'
