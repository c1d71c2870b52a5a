import type { RedisClient } from './redis/connect.ts'
import type { Metrics } from './metrics.ts'

/** A Lua script that runs in Redis: keys first, then arguments. Rejects only if Redis is away or refuses. */
export type Script = (...args: (string | number)[]) => Promise<unknown>

/**
 * Registers a script under a name; its calls are timed. Without `numberOfKeys` that number comes before the keys. Redis forgets
 * scripts when it restarts: ioredis sends them again.
 * @param metrics null if calls need not be timed
 */
export function defineScript(
  redis: RedisClient,
  metrics: Pick<Metrics, 'scriptSeconds'> | null,
  name: string,
  lua: string,
  numberOfKeys?: number,
): Script {
  redis.defineCommand(name, numberOfKeys === undefined ? { lua } : { lua, numberOfKeys })
  const run = Reflect.get(redis, name) as Script
  const seconds = metrics?.scriptSeconds.labels(name)
  return async (...args) => {
    const start = performance.now()
    try {
      return await run.apply(redis, args)
    } finally {
      seconds?.observe((performance.now() - start) / 1000)
    }
  }
}
