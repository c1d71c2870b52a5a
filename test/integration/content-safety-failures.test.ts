/** A check outlives the node that took it, through nginx on three nodes, with the message push in plain mode. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { testCluster } from '../support/cluster.ts'
import { changeMe, countsOf, ownOf, pictureOf, SAFETY_ENV } from '../support/content-safety.ts'
import { login } from '../support/player.ts'

let cluster: Cluster
let url: string

beforeAll(async () => {
  // The node waits for WeChat longer than it lives in this test.
  cluster = await testCluster({
    nodes: 3,
    nginx: true,
    ownDatabase: true,
    env: { ...SAFETY_ENV, WECHAT_TIMEOUT_MS: '60000', CONTENT_CHECK_LEASE_MS: '2000' },
  })
  ;({ url } = cluster.info)
})
afterAll(() => cluster?.close())

test.each(['nickname', 'avatar'] as const)(
  'a node is killed while WeChat is asked about the %s of a player: another node asks, and the player sees the result',
  async (kind) => {
    const { sessionId } = await login(url, `killed-${kind}`)
    await expect.poll(async () => (await ownOf(url, sessionId)).review, { timeout: 10_000 }).toBeUndefined()
    const [first, ...others] = cluster.nodes
    // The other nodes are paused, so that the first one asks WeChat.
    for (const node of others) node.signal('SIGSTOP')
    const before = await countsOf(cluster)
    const change = kind === 'nickname' ? { nickname: 'timeout1 名' } : { avatarUrl: 'https://thirdwx.qlogo.cn/mmopen/timeout1/132' }
    expect((await changeMe(first?.url ?? '', sessionId, change)).body.player.review).toEqual({ [kind]: 'pending' })
    const call = kind === 'nickname' ? 'text' : 'media'
    await expect.poll(async () => (await countsOf(cluster))[call], { timeout: 10_000 }).toBe(before[call] + 1)
    await first?.kill()
    for (const node of others) node.signal('SIGCONT')
    const nodeUrl = others[0]?.url ?? ''
    await expect.poll(async () => (await countsOf(cluster))[call], { timeout: 20_000 }).toBe(before[call] + 2)
    await expect.poll(async () => (await ownOf(nodeUrl, sessionId)).review, { timeout: 20_000 }).toBeUndefined()
    expect(await ownOf(nodeUrl, sessionId)).toMatchObject(change)
    await first?.start()
  },
  120_000,
)

test('a picture is accepted through the message push in plain mode', async () => {
  const { sessionId } = await login(url, 'plain-push')
  const { body } = await changeMe(url, sessionId, { avatar: await pictureOf('#20a0a0') })
  expect(body.player.review?.avatar).toBe('pending')
  await expect.poll(async () => (await ownOf(url, sessionId)).review, { timeout: 20_000 }).toBeUndefined()
  expect((await ownOf(url, sessionId)).avatarUrl).toBe(body.player.avatarUrl)
})

test('while MySQL is away the player sees the pending review, changes are refused, and the result comes later', async () => {
  const { sessionId } = await login(url, 'without-mysql')
  await expect.poll(async () => (await ownOf(url, sessionId)).review, { timeout: 20_000 }).toBeUndefined()
  // A picture for which WeChat sends no result, so that it stays pending.
  await changeMe(url, sessionId, { avatar: await pictureOf('#000000') })
  await cluster.mysql?.kill()
  expect((await ownOf(url, sessionId)).review).toEqual({ avatar: 'pending' })
  expect(await changeMe(url, sessionId, { nickname: 'not now' })).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } })
  await cluster.mysql?.start()
  await expect
    .poll(async () => (await changeMe(url, sessionId, { avatar: await pictureOf('#30c060') })).status, { timeout: 30_000, interval: 2500 })
    .toBe(200)
  await expect.poll(async () => (await ownOf(url, sessionId)).review, { timeout: 30_000 }).toBeUndefined()
}, 120_000)
