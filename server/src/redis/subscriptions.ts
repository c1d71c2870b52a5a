import { Cluster } from 'ioredis'
import type { Log } from '../log.ts'
import { safeMessage } from '../safe-error.ts'
import type { RedisClient } from './connect.ts'

type Subscribe = (...channels: string[]) => Promise<unknown>

/** The adapter starts subscriptions without awaiting them: this keeps track of them. */
export interface Subscriptions {
  /** Resolves once every subscription that was requested before is in force, or after a second. */
  settled(): Promise<void>
  /** Calls back whenever subscriptions are in force again after they were not: messages published meanwhile are lost. */
  onGap(listener: () => void): void
  close(): void
}

const SETTLE_MS = 1000
const AGAIN_MS = 200
/** ioredis reports that it has sent the subscriptions of a cluster again, not that they are in force. */
const IN_FORCE_MS = 200

/**
 * A single Redis' subscriptions are repeated by ioredis. In a Redis Cluster, subscriptions that are requested while their primary is away
 * are lost, so those that fail are repeated here until they succeed or are no longer wanted.
 */
export function keepSubscriptions(subscriber: RedisClient, log: Log): Subscriptions {
  const pending = new Set<Promise<void>>()
  const wanted = new Set<string>()
  let gap = (): void => undefined
  const timers = new Set<NodeJS.Timeout>()
  const later = (ms: number, run: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer)
      run()
    }, ms)
    timers.add(timer)
  }

  const subscribe = subscriber.ssubscribe.bind(subscriber) as Subscribe
  const unsubscribe = subscriber.sunsubscribe.bind(subscriber) as Subscribe

  async function keep(channel: string, repeated: boolean): Promise<void> {
    try {
      await subscribe(channel)
      if (!wanted.has(channel)) await unsubscribe(channel)
      else if (repeated) gap()
    } catch (error) {
      if (!repeated) log.warn({ reason: safeMessage(error) }, 'a subscription failed: it is repeated until it works')
      later(AGAIN_MS, () => {
        if (wanted.has(channel)) void track(keep(channel, true))
      })
    }
  }
  async function drop(channel: string): Promise<void> {
    try {
      await unsubscribe(channel)
    } catch (error) {
      // A lost connection takes its subscriptions with it, and this one is no longer among those that are repeated.
      log.warn({ reason: safeMessage(error) }, 'a subscription could not be ended')
    }
  }
  function track(task: Promise<void>): Promise<void> {
    pending.add(task)
    return task.finally(() => pending.delete(task))
  }

  Object.assign(subscriber, {
    ssubscribe(channel: string) {
      wanted.add(channel)
      return track(keep(channel, false))
    },
    sunsubscribe(channel: string) {
      wanted.delete(channel)
      return track(drop(channel))
    },
  })

  let before = false
  const inForce = (): void => {
    // Those of a single Redis are pending by now, requested again by ioredis; what is read before they are in force may be out of date.
    if (before) later(subscriber instanceof Cluster ? IN_FORCE_MS : 0, () => void Promise.all(pending).then(() => gap()))
    before = true
  }
  if (subscriber instanceof Cluster) subscriber.on('subscribersReady', inForce)
  else subscriber.on('ready', inForce)

  return {
    async settled() {
      const { promise: late, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, SETTLE_MS)
      await Promise.race([Promise.all(pending), late])
      clearTimeout(timer)
    },
    onGap(listener) {
      gap = listener
    },
    close() {
      for (const timer of timers) clearTimeout(timer)
      wanted.clear()
    },
  }
}
