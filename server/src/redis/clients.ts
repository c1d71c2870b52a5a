import { Cluster, type Redis } from 'ioredis'
import { Batcher } from '../batcher.ts'
import type { Config } from '../config.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import { connectRedis, type RedisClient } from './connect.ts'
import { AdaptivePace } from './pace.ts'
import { countFailures, type Publisher } from './publisher.ts'
import { safeMessage } from '../safe-error.ts'
import { keepSubscriptions, type Subscriptions } from './subscriptions.ts'

export interface RedisClients {
  /** For the game: fails at once while Redis is away, so that callers get the error. */
  commands: RedisClient
  /** For the adapter: as above, or an outage would freeze local delivery and replay stale messages after it. */
  publisher: Publisher
  /** For the adapter: queues subscriptions and repeats them after an outage. */
  subscriber: RedisClient
  subscriptions: Subscriptions
  /** Calls the listener with every message on these channels. Resolves once they are subscribed to. */
  subscribe(channels: string[], listener: (message: string) => void): Promise<void>
  close(): Promise<void>
}

export function createRedis(config: Config, log: Log, metrics: Metrics): RedisClients {
  const pace = new AdaptivePace()
  const batcher = new Batcher(() => pace.ms())
  const commands = connectRedis(config, `${config.NODE_NAME}:commands`, 'fail-fast', batcher)
  noteOutages(commands, 'commands', log)
  commands.on('ready', () => metrics.redisUp.set(1))
  commands.on('close', () => metrics.redisUp.set(0))

  const publishing = connectRedis(config, `${config.NODE_NAME}:publisher`, 'fail-fast', batcher)
  noteOutages(publishing, 'publisher', log)

  const subscriber = connectRedis(config, `${config.NODE_NAME}:subscriber`, 'patient', batcher)
  noteOutages(subscriber, 'subscriber', log)
  subscriber.on('smessageBuffer', () => metrics.messagesReceived.inc())
  const subscriptions = keepSubscriptions(subscriber, log)

  return {
    commands,
    publisher: countFailures(publishing, () => metrics.publishFailures.inc()),
    subscriber,
    subscriptions,
    async subscribe(channels, listener) {
      const wanted = new Set(channels)
      subscriber.on('smessageBuffer', (channel: Buffer, message: Buffer) => {
        if (wanted.has(channel.toString())) listener(message.toString())
      })
      // One by one: on a Redis Cluster the channels are in different slots.
      await Promise.all(channels.map((channel) => subscriber.ssubscribe(channel)))
    },
    async close() {
      subscriptions.close()
      // While Redis is away, a client that repeats its commands would wait for it to take the QUIT.
      const close = async (client: RedisClient): Promise<void> => {
        if (client.status === 'ready') await client.quit().catch(() => client.disconnect())
        else client.disconnect()
      }
      await Promise.all([commands, publishing, subscriber].map(close))
    },
  }
}

/** Logs once that a Redis, or a node of a cluster, is away, and once that it is back. */
function noteOutages(client: RedisClient, role: string, log: Log): void {
  const away = new Set<string>()
  const gone = (address: string, error: Error & { lastNodeError?: Error }): void => {
    const { lastNodeError } = error
    if (!away.has(address))
      log.error({ role, address, reason: safeMessage(lastNodeError ?? error) }, 'Redis is away: trying again until it is back')
    away.add(address)
  }
  const back = (address: string): void => {
    if (away.delete(address)) log.info({ role, address }, 'Redis is back')
  }
  if (!(client instanceof Cluster)) {
    const address = `${client.options.host}:${client.options.port}`
    client.on('error', (error: Error) => gone(address, error))
    client.on('ready', () => back(address))
    return
  }
  client.on('error', (error: Error) => gone('cluster', error))
  client.on('ready', () => back('cluster'))
  client.on('node error', (error: Error, address: string) => gone(address, error))
  client.on('+node', (node: Redis) => node.on('ready', () => back(`${node.options.host}:${node.options.port}`)))
}
