import { Redis, type RedisOptions } from 'ioredis'
import type { Config } from './config.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import { cork } from './turn.ts'

export interface RedisClients {
  /** For the game: fails at once while Redis is away, so that callers learn it. */
  commands: Redis
  /** For the adapter: as above, or an outage would freeze local delivery and replay stale messages after it. */
  publisher: Redis
  /** For the adapter: queues subscriptions and repeats them after an outage. */
  subscriber: Redis
  /** Calls the listener with every message on these channels. Resolves once they are subscribed to. */
  hear(channels: string[], listener: (message: string) => void): Promise<void>
  /** Resolves once every subscription that was asked for before is in force, or after a second. */
  subscribed(): Promise<void>
  close(): Promise<void>
}

const backoff = (attempt: number): number => Math.min(1000, 50 * 2 ** Math.min(attempt, 5)) * (0.5 + Math.random() / 2)

export function createRedis(config: Config, log: Log, metrics: Metrics): RedisClients {
  const base: RedisOptions = { retryStrategy: backoff, autoResendUnfulfilledCommands: false, connectTimeout: 5000 }
  const failFast: RedisOptions = { ...base, enableOfflineQueue: false, maxRetriesPerRequest: 0, commandTimeout: config.REDIS_TIMEOUT_MS }
  const connect = (role: string, options: RedisOptions): Redis => {
    const client = new Redis(config.REDIS_URL, { ...options, connectionName: `${config.NODE_NAME}:${role}` })
    const send = client.sendCommand.bind(client)
    client.sendCommand = (command, stream) => {
      if (client.status === 'ready') cork(client.stream)
      return send(command, stream)
    }
    let away = false
    client.on('error', (error) => {
      if (!away) log.error({ role, reason: error.message }, 'Redis is away: trying again until it is back')
      away = true
    })
    client.on('ready', () => {
      if (away) log.info({ role }, 'Redis is back')
      away = false
    })
    return client
  }

  const commands = connect('commands', failFast)
  commands.on('ready', () => metrics.redisUp.set(1))
  commands.on('close', () => metrics.redisUp.set(0))

  const publisher = connect('publisher', failFast)
  const spublish = publisher.spublish.bind(publisher)
  publisher.spublish = async (channel: string | Buffer, message: string | Buffer) => {
    try {
      return await spublish(channel, message)
    } catch (error) {
      metrics.publishFailures.inc()
      throw error
    }
  }

  // A subscription that was under way when the connection broke must be sent again: nobody else would.
  const subscriber = connect('subscriber', { ...base, maxRetriesPerRequest: null, autoResendUnfulfilledCommands: true })
  subscriber.on('smessageBuffer', () => metrics.messagesReceived.inc())
  const latest = trackSubscriptions(subscriber, log)

  return {
    commands,
    publisher,
    subscriber,
    async hear(channels, listener) {
      const wanted = new Set(channels)
      subscriber.on('smessageBuffer', (channel: Buffer, message: Buffer) => {
        if (wanted.has(channel.toString())) listener(message.toString())
      })
      await Promise.all(channels.map((channel) => subscriber.ssubscribe(channel)))
    },
    async subscribed() {
      const { promise: late, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, 1000)
      await Promise.race([latest(), late])
      clearTimeout(timer)
    },
    async close() {
      await Promise.all([commands, publisher, subscriber].map((client) => client.quit().catch(() => client.disconnect())))
    },
  }
}

/**
 * The adapter starts subscriptions without awaiting them. Commands on one connection are answered in
 * order, so the latest of them being answered means that all before it are in force.
 */
function trackSubscriptions(subscriber: Redis, log: Log): () => Promise<unknown> {
  let latest: Promise<unknown> = Promise.resolve()
  const track = (name: 'ssubscribe' | 'sunsubscribe'): void => {
    const original = subscriber[name].bind(subscriber) as (...channels: string[]) => Promise<unknown>
    const tracked = (...channels: string[]): Promise<unknown> => {
      latest = original(...channels).catch((error: Error) => log.warn({ reason: error.message }, `${name} failed: repeated when Redis is back`))
      return latest
    }
    Object.assign(subscriber, { [name]: tracked })
  }
  track('ssubscribe')
  track('sunsubscribe')
  return () => latest
}

/** A Redis that would lose matches. */
export class UnfitRedisError extends Error {
  override readonly name = 'UnfitRedisError'
}

/** Checks what the promises need of Redis, once it is there. @throws UnfitRedisError when matches could be lost silently */
export async function checkRedis(redis: Redis, config: Config, log: Log): Promise<void> {
  const info = await redis.info('server')
  const version = /redis_version:(\S+)/.exec(info)?.[1] ?? 'unknown'
  if (Number.parseInt(version, 10) < 7) throw new UnfitRedisError(`Redis ${version} is too old: version 7 or newer is needed (sharded Pub/Sub).`)
  const settings = await redis.config('GET', 'maxmemory-policy', 'appendonly').catch(() => null)
  const table = settingsOf(settings)
  if (!table.size) return log.warn('Redis does not let its configuration be read: make sure of maxmemory-policy noeviction and appendonly yes')
  const policy = table.get('maxmemory-policy')
  if (policy !== 'noeviction') throw new UnfitRedisError(`Redis runs with maxmemory-policy ${policy}: it would drop matches when memory is short. Set it to noeviction.`)
  if (table.get('appendonly') !== 'yes') {
    const level = config.NODE_ENV === 'production' ? 'error' : 'warn'
    log[level]('Redis runs without AOF: a restart of it would lose running matches. Set appendonly yes.')
  }
}

/** CONFIG GET answers a map over RESP3 and a flat list over RESP2. */
function settingsOf(reply: unknown): Map<string, string> {
  const table = new Map<string, string>()
  if (Array.isArray(reply)) {
    for (let i = 0; i + 1 < reply.length; i += 2) table.set(String(reply[i]), String(reply[i + 1]))
  } else if (reply instanceof Map) {
    for (const [key, value] of reply) table.set(String(key), String(value))
  } else if (reply && typeof reply === 'object') {
    for (const [key, value] of Object.entries(reply)) table.set(key, String(value))
  }
  return table
}
