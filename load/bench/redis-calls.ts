import type { Redis } from 'ioredis'

/** How often each command was called since the start of Redis, the calls of scripts included, without the INFO that tells this. */
export async function redisCalls(redis: Redis): Promise<Record<string, number>> {
  const text = await redis.info('commandstats')
  const calls = [...text.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name, count]): [string, number] => [name ?? '', Number(count)])
  return Object.fromEntries(calls.filter(([name]) => name !== 'info'))
}
