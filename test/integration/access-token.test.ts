/** All nodes use one access token of WeChat, whatever they do at the same time, and force as few refreshes as WeChat allows. */
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createServerCalls, type ServerCalls } from '../../tools/wechat/server-calls.ts'
import { createStandIn } from '../../tools/wechat/stand-in.ts'
import { createLog } from '../../server/src/log.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import { createAccessTokens, type AccessTokens } from '../../server/src/wechat/access-token.ts'
import { flush, testRedis } from '../support/redis.ts'

let store: Awaited<ReturnType<typeof testRedis>>
let redis: RedisClient
let server: Server
let calls: ServerCalls
let nodes: AccessTokens[]
let config: Parameters<typeof createAccessTokens>[0]['config']
const log = createLog({ LOG_LEVEL: 'silent', NODE_NAME: 'test' })

beforeAll(async () => {
  store = await testRedis()
  redis = store.open()
})
beforeEach(async () => {
  await flush(redis)
  server?.close()
  calls = createServerCalls({ secret: 's' })
  server = createStandIn({ secret: 's', calls }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  config = {
    WECHAT_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    WECHAT_APPID: 'wx0',
    WECHAT_SECRET: 's',
    WECHAT_TIMEOUT_MS: 1000,
  }
  nodes = Array.from({ length: 6 }, () => createAccessTokens({ redis, config, log }))
})
afterAll(async () => {
  server?.close()
  await redis?.quit()
  await store?.close()
})

const all = (run: (node: AccessTokens) => Promise<string>): Promise<string[]> => Promise.all(nodes.map(run))

test('nodes that need a token at once ask WeChat once, and get the same token', async () => {
  const tokens = await all((node) => node.get())
  expect(new Set(tokens).size).toBe(1)
  expect(calls.counts.token).toBe(1)
  expect(await redis.get('cq:wechat:token')).not.toContain(tokens[0])
})

test('a node that looked before another node had the token does not request one of its own', async () => {
  // Between the node's look and its lock, another node starts and finishes.
  const late = new Proxy(redis, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (name !== 'set') return typeof value === 'function' ? (value.bind(target) as unknown) : value
      return async (...args: Parameters<typeof redis.set>) => {
        if (args[0] === 'cq:wechat:token:lock') await nodes[0]?.get()
        return target.set(...args)
      }
    },
  })
  const token = await createAccessTokens({ redis: late, config, log }).get()
  expect(token).toBe(await nodes[0]?.get())
  expect(calls.counts.token).toBe(1)
})

test('a token is renewed before it ends, and used until its end while WeChat issues no new one', async () => {
  const [token] = await all((node) => node.get())
  await redis.pexpire('cq:wechat:token', 200_000)
  await all((node) => node.get())
  expect(calls.counts).toMatchObject({ token: 2, forced: 0 })
  await redis.pexpire('cq:wechat:token', 200_000)
  server.close()
  server.closeAllConnections()
  expect(await nodes[0]?.get()).toBe(token)
})

test('a refused token is replaced by force once for all nodes, and not again while WeChat ignores it', async () => {
  const [token = ''] = await all((node) => node.get())
  calls.refuseToken()
  const renewed = await all((node) => node.renew(token))
  expect(new Set(renewed).size).toBe(1)
  expect(renewed[0]).not.toBe(token)
  expect(calls.counts.forced).toBe(1)
  calls.refuseToken()
  await expect(nodes[0]?.renew(renewed[0] ?? '')).rejects.toMatchObject({ code: 'wechat_unavailable' })
  expect(calls.counts.forced).toBe(1)
})

test('a token that another system has replaced is taken as WeChat issues it, without force', async () => {
  const [token = ''] = await all((node) => node.get())
  await calls.answer('/cgi-bin/stable_token', '', { grant_type: 'client_credential', appid: 'wx0', secret: 's', force_refresh: true })
  const renewed = await nodes[0]?.renew(token)
  expect(renewed).not.toBe(token)
  expect(calls.counts.forced).toBe(1)
})

test('a node that dies with the lock delays others only briefly, and a token sealed with another secret is not used', async () => {
  await redis.set('cq:wechat:token:lock', '1', 'PX', 300)
  await redis.set('cq:wechat:token', 'not sealed', 'PX', 7_000_000)
  expect(await nodes[0]?.get()).toContain('stand-in-token')
})
