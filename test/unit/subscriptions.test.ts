import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createLog } from '../../server/src/log.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import { keepSubscriptions, type Subscriptions } from '../../server/src/redis/subscriptions.ts'

/** A Redis that accepts subscriptions, or does not. */
class FakeSubscriber extends EventEmitter {
  away = false
  /** If set, no call gets a reply. */
  silent = false
  /** Runs before every reply. */
  answer = Promise.resolve()
  readonly inForce = new Set<string>()
  ssubscribe = (channel: string): Promise<unknown> => this.#answer(() => this.inForce.add(channel))
  sunsubscribe = (channel: string): Promise<unknown> => this.#answer(() => this.inForce.delete(channel))
  #answer(change: () => unknown): Promise<unknown> {
    if (this.silent) return new Promise(() => undefined)
    return this.away ? Promise.reject(new Error('No sharded subscriber for slot: 7')) : this.answer.then(change)
  }
}

let redis: FakeSubscriber
let kept: Subscriptions
let gaps = 0
const log = createLog({ LOG_LEVEL: 'silent', NODE_NAME: 'test' })

beforeEach(() => {
  vi.useFakeTimers()
  gaps = 0
  redis = new FakeSubscriber()
  kept = keepSubscriptions(redis as unknown as RedisClient, log)
  kept.onGap(() => (gaps += 1))
})
afterEach(() => {
  kept.close()
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

test('a refused subscription is repeated until it succeeds, and then a resync follows', async () => {
  redis.away = true
  void redis.ssubscribe('a')
  await vi.advanceTimersByTimeAsync(1000)
  expect(redis.inForce.size).toBe(0)
  redis.away = false
  await vi.advanceTimersByTimeAsync(250)
  expect([...redis.inForce]).toEqual(['a'])
  expect(gaps).toBe(1)
})

test('a subscription that is no longer wanted is not repeated', async () => {
  redis.away = true
  void redis.ssubscribe('a')
  void redis.sunsubscribe('a')
  await vi.advanceTimersByTimeAsync(500)
  redis.away = false
  await vi.advanceTimersByTimeAsync(500)
  expect(redis.inForce.size).toBe(0)
  expect(gaps).toBe(0)
})

test('all requested subscriptions are waited for, but not longer than a second', async () => {
  void redis.ssubscribe('a')
  await kept.settled()
  expect([...redis.inForce]).toEqual(['a'])
  redis.silent = true
  void redis.ssubscribe('b')
  const done = vi.fn()
  void kept.settled().then(done)
  await vi.advanceTimersByTimeAsync(999)
  expect(done).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect(done).toHaveBeenCalled()
})

test('a connection that is back has missed something, the first one has not', async () => {
  redis.emit('ready')
  await vi.advanceTimersByTimeAsync(0)
  expect(gaps).toBe(0)
  redis.emit('ready')
  await vi.advanceTimersByTimeAsync(0)
  expect(gaps).toBe(1)
})

test('a resync follows once the subscriptions are in force again, not before', async () => {
  redis.emit('ready')
  const { promise, resolve } = Promise.withResolvers<void>()
  redis.answer = promise
  // As ioredis does when its connection is back.
  redis.emit('ready')
  void redis.ssubscribe('a')
  await vi.advanceTimersByTimeAsync(500)
  expect(gaps).toBe(0)
  resolve()
  await vi.advanceTimersByTimeAsync(0)
  expect(gaps).toBe(1)
})
