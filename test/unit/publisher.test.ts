/** Socket.IO's sharded adapter gets an object of ours to publish with: it must use nothing else of a Redis client. */
import { createShardedAdapter } from '@socket.io/redis-adapter'
import { EventEmitter } from 'node:events'
import { Server } from 'socket.io'
import { expect, test } from 'vitest'
import { countFailures } from '../../server/src/redis/publisher.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'

test('the adapter publishes and counts servers through our publisher, and failures to publish are counted', async () => {
  const sent: unknown[] = []
  let fails = false
  let failures = 0
  const client = {
    spublish: (channel: string) => (fails ? Promise.reject(new Error('away')) : Promise.resolve(sent.push(channel))),
    call: (command: string, args: string[], done: (error: null, reply: unknown) => void) => {
      sent.push([command, ...args])
      done(null, [args[1], 1])
    },
  } as unknown as RedisClient
  const publisher = countFailures(client, () => void (failures += 1))
  /** The missing properties that the adapter read. By `sSubscribe` it recognizes the library, by `constructor` the class. */
  const missing = new Set<string | symbol>()
  const watched = new Proxy(publisher, {
    get(target, name, receiver) {
      if (!(name in target) && name !== 'sSubscribe') missing.add(name)
      return Reflect.get(target, name, receiver) as unknown
    },
  })
  const subscriber = Object.assign(new EventEmitter(), { ssubscribe: () => Promise.resolve(), sunsubscribe: () => Promise.resolve() })
  const io = new Server({ adapter: createShardedAdapter(watched, subscriber, { subscriptionMode: 'dynamic' }) })
  const { adapter } = io.of('/')
  expect(await adapter.serverCount()).toBe(1)
  io.to('player:1').emit('match', {})
  fails = true
  io.to('player:2').emit('match', {})
  await new Promise((resolve) => setImmediate(resolve))
  expect([...missing]).toEqual([])
  expect(sent).toContainEqual(['PUBSUB', 'SHARDNUMSUB', expect.any(String)])
  expect(sent.some((channel) => String(channel).includes('player:1'))).toBe(true)
  expect(failures).toBe(1)
})
