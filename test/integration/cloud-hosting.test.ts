import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type * as Cloud from '../../client-sdk/src/cloud.ts'
import type { GameClient } from '../../client-sdk/src/client/client.ts'
import type { LoginReply } from '../../client-sdk/src/protocol.ts'
import { startApp, type App } from '../../client-sdk/test/support/app.ts'
import { CLOUD_FILE } from '../../client-sdk/test/support/built.ts'
import { withCloud } from '../../client-sdk/test/support/cloud-wx.ts'
import { loadInPhone } from '../../client-sdk/test/support/realm.ts'
import { until } from '../../client-sdk/test/support/until.ts'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { testCluster } from '../support/cluster.ts'
import { http } from '../support/http.ts'

/** Nodes in WeChat cloud hosting, behind a stand-in for its gateway, and the requests that other clients can send them. */
let cluster: Cluster
beforeAll(async () => {
  cluster = await testCluster({ nginx: true, supervise: true, env: { WECHAT_CLOUD: 'on', ROUND_MS: '60000' } })
})
afterAll(() => cluster.close())

interface Player {
  app: App
  client: GameClient
}

/** A player whose calls the gateway distributes over the nodes in turn. With `ios`, their sockets carry no openid. */
function enter(openid: string, ios = false): Player {
  const app = startApp({ name: 'nobody' })
  let calls = 0
  const target = (): string => cluster.info.nodes[calls++ % cluster.info.nodes.length]?.url ?? expect.unreachable()
  const wx = withCloud(app.host.wx, { phone: app.phone, env: 'prod-1', service: 'caiquan', openid, target, socketOpenid: !ios })
  const { cloudHosting } = loadInPhone(CLOUD_FILE, app.phone, wx) as typeof Cloud
  return { app, client: app.sdk.createGameClient(cloudHosting({ env: 'prod-1', service: 'caiquan' })) }
}

const HEADERS = { 'x-wx-openid': 'o-vouched', 'x-wx-source': 'wx_client' }
let strangers = 0
/** Uses a code of a person who has not logged in before. */
const logIn = (
  url: string,
  headers: Record<string, string>,
  code = `stranger-${process.pid}-${++strangers}.1`,
): ReturnType<typeof http<LoginReply>> => http<LoginReply>(`${url}/api/login`, { method: 'POST', headers, body: { code } })
const node = (): string => cluster.info.nodes[0]?.url ?? expect.unreachable()

test('two players play a match without wx.login, one of them in the mode of iOS in which sockets carry no openid', async () => {
  const [ann, ben] = [enter('o-ann'), enter('o-ben', true)]
  await Promise.all([ann.client.find({ mode: 'casual', bestOf: 1 }), ben.client.find({ mode: 'casual', bestOf: 1 })])
  await until(() => ann.client.match?.status === 'playing' && ben.client.match?.id === ann.client.match.id, 'their match')
  await Promise.all([ann.client.move('rock'), ben.client.move('scissors')])
  await until(() => [ann, ben].every(({ client }) => client.match?.status === 'finished'), 'its end at both')
  expect(ann.client.match?.result?.winner).toBe(ann.client.seat)
  expect([ann.app.host.logins, ben.app.host.logins]).toEqual([0, 0])
  for (const { client } of [ann, ben]) client.close()
})

test('a player comes back as the same player, also when a node was killed meanwhile', async () => {
  const first = enter('o-cat', true)
  await first.client.connect()
  const { id } = first.client.me ?? expect.unreachable()
  const target = cluster.info.nodes[1] ?? expect.unreachable()
  process.kill(target.pid, 'SIGKILL')
  await until(() => first.client.state.status === 'online', 'online again', 10_000)
  await first.client.sync()
  first.client.close()
  const again = enter('o-cat')
  // The gateway may send the first attempts to the node that was killed.
  again.client.connect().catch(() => undefined)
  await until(() => again.client.me !== null && again.client.state.status === 'online', 'online again', 10_000)
  expect(again.client.me?.id).toBe(id)
  again.client.close()
})

describe('the openid of a header', () => {
  test('is the login, with any code and without one', async () => {
    const { body: one } = await logIn(node(), HEADERS, 'cloud')
    const two = await http<LoginReply>(`${node()}/api/login`, { method: 'POST', headers: HEADERS, body: {} })
    expect(two.status).toBe(200)
    expect(two.body.player.id).toBe(one.player.id)
  })

  test('counts for nothing through nginx, which removes it', async () => {
    const { body: trusted } = await logIn(node(), HEADERS)
    const { status, body } = await logIn(cluster.info.url, HEADERS)
    expect(status).toBe(200)
    expect(body.player.id).not.toBe(trusted.player.id)
  })

  test.each([
    ['without a source of the call', { 'x-wx-openid': 'o-vouched' }],
    ['with an empty source', { 'x-wx-openid': 'o-vouched', 'x-wx-source': '' }],
    ['of letters that no openid has', { 'x-wx-openid': 'o vouched', 'x-wx-source': 'wx_client' }],
    ['longer than any openid', { 'x-wx-openid': 'o'.repeat(65), 'x-wx-source': 'wx_client' }],
  ])('counts for nothing %s', async (_, headers) => {
    const { body: trusted } = await logIn(node(), HEADERS)
    const { status, body } = await logIn(node(), headers)
    expect(status).toBe(200)
    expect(body.player.id).not.toBe(trusted.player.id)
  })

  test('counts for nothing if WECHAT_CLOUD is not on', async () => {
    const plain = await testCluster({ nodes: 1 })
    try {
      const url = plain.info.nodes[0]?.url ?? expect.unreachable()
      const [one, two] = [await logIn(url, HEADERS), await logIn(url, HEADERS)]
      expect(one.body.player.id).not.toBe(two.body.player.id)
      expect((await http(`${url}/api/login`, { method: 'POST', headers: HEADERS, body: {} })).status).toBe(400)
    } finally {
      await plain.close()
    }
  })
})
