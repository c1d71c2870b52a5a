/** A host who consented gets one message when a friend waits in their room: never two for one consent, and none while the host is there. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { createDatabase, type Database } from '../../server/src/database.ts'
import { createLog } from '../../server/src/log.ts'
import { createMetrics } from '../../server/src/metrics.ts'
import { createWaitingNotices } from '../../server/src/notices/waiting-notices.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import type { WechatApi } from '../../server/src/wechat/api.ts'
import { testCluster } from '../support/cluster.ts'
import { http } from '../support/http.ts'
import { login, TestPlayer } from '../support/player.ts'
import { openRedis } from '../support/redis.ts'

interface Message {
  touser: string
  page: string
  data: Record<string, { value: string }>
}

let cluster: Cluster
let url: string
let redis: RedisClient
let database: Database

beforeAll(async () => {
  cluster = await testCluster({
    nodes: 2,
    nginx: true,
    env: { WECHAT_WAITING_TEMPLATE: 'template-1', WECHAT_WAITING_FIELDS: 'thing1=friend,thing2=hint,character_string3=code' },
  })
  ;({ url } = cluster.info)
  redis = openRedis(cluster)
  database = createDatabase({ DATABASE_URL: cluster.info.mysql.url, DATABASE_CONNECTIONS: 2 })
})
afterAll(async () => {
  await redis?.quit()
  await database?.$disconnect()
  await cluster?.close()
})

const consent = (sessionid: string) => http(`${url}/api/me/consent`, { method: 'PUT', headers: { sessionid } })
const messagesTo = async (openid: string): Promise<Message[]> =>
  (await http<Message[]>(`${cluster.info.wechat.url}/stand-in/messages`)).body.filter(({ touser }) => touser === openid)

/** A room whose host is gone. */
async function leftRoom(name: string, consents: boolean): Promise<{ host: TestPlayer; code: string }> {
  const host = await TestPlayer.join(name, cluster.info.nodes[0]?.url ?? '')
  if (consents) expect((await consent(host.sessionId)).status).toBe(204)
  const { code } = await host.request('room:create', {})
  host.close()
  const id = host.current?.id ?? ''
  const spectator = await TestPlayer.join(`${name}-looks`, url)
  await spectator.request('match:watch', { code })
  await spectator.until(() => spectator.current?.id === id && spectator.current.seats[0]?.connected === false, 'the host to be gone')
  spectator.close()
  return { host, code }
}

test('a host who has left gets one message, however often the friend comes', async () => {
  const { code } = await leftRoom('host-one', true)
  const friend = await TestPlayer.join('a-friend-with-a-name-of-28-chars'.slice(0, 28), cluster.info.nodes[1]?.url ?? '')
  await friend.request('room:join', { code })
  await expect.poll(() => messagesTo('host-one'), { timeout: 10_000 }).toHaveLength(1)
  expect(await messagesTo('host-one')).toMatchObject([
    {
      page: `pages/home/home?code=${code}`,
      data: { thing1: { value: 'a-friend-with-a-name' }, thing2: { value: '好友在房间里等你' }, character_string3: { value: code } },
    },
  ])
  await friend.request('room:join', { code })
  await friend.request('match:leave', { matchId: friend.current?.id })
  await friend.request('room:join', { code })
  await friend.request('match:sync')
  expect(await messagesTo('host-one')).toHaveLength(1)
  friend.close()
})

test('no message goes to a host who is there, or has not consented; a consent is kept for the next time', async () => {
  const host = await TestPlayer.join('host-there', url)
  await consent(host.sessionId)
  const { code } = await host.request('room:create', {})
  const [friend, other] = [await TestPlayer.join('friend-two', url), await TestPlayer.join('friend-three', url)]
  await friend.request('room:join', { code })
  const silent = await leftRoom('host-silent', false)
  await other.request('room:join', { code: silent.code })
  await other.request('match:sync')
  expect(await messagesTo('host-there')).toEqual([])
  expect(await messagesTo('host-silent')).toEqual([])
  expect(await redis.get(`cq:player:${host.player.id}:consent`)).toBe('1')
  for (const player of [host, friend, other]) player.close()
})

test('a host who refuses messages in WeChat breaks nothing', async () => {
  const { host, code } = await leftRoom('refuses-messages', true)
  const friend = await TestPlayer.join('friend-four', url)
  await friend.request('room:join', { code })
  await expect.poll(() => redis.get(`cq:player:${host.player.id}:consent`), { timeout: 10_000 }).toBeNull()
  expect(await messagesTo('refuses-messages')).toEqual([])
  friend.close()
})

test('of nodes that send at once, and of one that dies while it sends, one uses the consent', async () => {
  const { player } = await login(url, 'host-many')
  const sent: object[] = []
  const config = { WECHAT_WAITING_TEMPLATE: 'template-1', WECHAT_WAITING_FIELDS: { thing1: 'friend' } as const, WECHAT_WAITING_HINT: 'x' }
  const node = (post: (body: object) => Promise<unknown>) =>
    createWaitingNotices({
      redis,
      database,
      config,
      metrics: createMetrics('test'),
      log: createLog({ LOG_LEVEL: 'silent', NODE_NAME: 'test' }),
      api: { post: (_: string, body: object) => post(body) } as unknown as WechatApi,
    })
  const first = Promise.withResolvers<void>()
  const dies = node((body) => {
    sent.push(body)
    first.resolve()
    return new Promise(() => undefined)
  })
  const others = Array.from({ length: 5 }, () => node((body) => Promise.resolve(sent.push(body)).then(() => ({ errcode: 0 }))))
  await dies.consent(player.id)
  dies.friendWaits(player.id, player, 'ACDEFG')
  await first.promise
  for (const each of others) each.friendWaits(player.id, player, 'ACDEFG')
  await redis.ping()
  expect(sent).toHaveLength(1)
  await dies.consent(player.id)
  for (const each of others) each.friendWaits(player.id, player, 'ACDEFG')
  await expect.poll(() => sent.length).toBe(2)
  await redis.ping()
  expect(sent).toHaveLength(2)
})
