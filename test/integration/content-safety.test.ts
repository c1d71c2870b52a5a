/** No other player sees a nickname or a picture before WeChat has accepted it. Its owner sees both, and is notified. */
import { readFileSync } from 'node:fs'
import type { Connection } from 'mariadb'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LoginReply, OwnPlayer } from '../../client-sdk/src/protocol.ts'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { openConnection } from '../../prisma/connection.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import { testCluster } from '../support/cluster.ts'
import { changeMe, countsOf, ownOf, pictureOf, SAFETY_ENV } from '../support/content-safety.ts'
import { http } from '../support/http.ts'
import { pair, TestPlayer, wechatCode } from '../support/player.ts'
import { openRedis } from '../support/redis.ts'

let cluster: Cluster
let url: string
let redis: RedisClient
let sql: Connection

beforeAll(async () => {
  cluster = await testCluster({
    nodes: 2,
    nginx: true,
    env: { ...SAFETY_ENV, WECHAT_PUSH_AES_KEY: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG', LOG_LEVEL: 'debug' },
  })
  ;({ url } = cluster.info)
  redis = openRedis(cluster)
  sql = await openConnection(cluster.info.mysql.url)
})
afterAll(async () => {
  await redis?.quit()
  await sql?.end()
  await cluster?.close()
})

async function logIn(name: string, profile?: object): Promise<LoginReply> {
  return (await http<LoginReply>(`${url}/api/login`, { method: 'POST', body: { code: wechatCode(name), ...(profile && { profile }) } }))
    .body
}

/** How other players see a player: read from the record that matches, leaderboards and histories show. */
const publicOf = async (id: string): Promise<OwnPlayer> => JSON.parse((await redis.get(`cq:player:${id}`)) ?? '{}') as OwnPlayer

async function decided(sessionId: string, kind: 'nickname' | 'avatar'): Promise<OwnPlayer> {
  await expect.poll(async () => (await ownOf(url, sessionId)).review?.[kind], { timeout: 20_000, interval: 100 }).not.toBe('pending')
  return ownOf(url, sessionId)
}

test('a nickname is seen by its owner at once, and by an opponent once it is accepted; the player is notified', async () => {
  const [one, two] = [await TestPlayer.join('safe-one', url), await TestPlayer.join('safe-two', url)]
  await decided(one.sessionId, 'nickname')
  await one.request('match:sync')
  const updates: OwnPlayer[] = []
  one.socket.on('player', (player) => updates.push(player))
  const before = (await publicOf(one.player.id)).nickname
  expect(before).toBe('safe-one')
  const { body } = await changeMe(url, one.sessionId, { nickname: '待busy3定' })
  expect(body.player).toMatchObject({ nickname: '待busy3定', review: { nickname: 'pending' } })
  expect(await ownOf(url, one.sessionId)).toMatchObject({ nickname: '待busy3定', review: { nickname: 'pending' } })
  // While WeChat is busy, a match begins: only the owner sees the new nickname in it.
  await pair(one, two)
  const seen = two.current?.seats.map(({ player }) => player)
  expect(seen).toContainEqual(expect.objectContaining({ id: one.player.id, nickname: before }))
  expect(JSON.stringify(two.views)).not.toContain('review')
  expect(JSON.stringify(two.views)).not.toContain('busy3')
  await expect.poll(() => updates.at(-1), { timeout: 20_000 }).toEqual(expect.not.objectContaining({ review: expect.anything() }))
  expect(updates.at(-1)).toMatchObject({ nickname: '待busy3定' })
  expect(await publicOf(one.player.id)).toMatchObject({ nickname: '待busy3定' })
  for (const player of [one, two]) player.close()
})

test.each(['risky', 'review'])('no other player sees a nickname that WeChat calls %s, and its owner is notified', async (word) => {
  const player = await TestPlayer.join(`told-${word.length}`, url)
  await decided(player.sessionId, 'nickname')
  await player.request('match:sync')
  const updates: OwnPlayer[] = []
  player.socket.on('player', (each) => updates.push(each))
  const { nickname } = await ownOf(url, player.sessionId)
  await changeMe(url, player.sessionId, { nickname: `so ${word}` })
  await expect.poll(() => updates.at(-1)?.review, { timeout: 10_000 }).toEqual({ nickname: 'rejected' })
  expect(updates.at(-1)?.nickname).toBe(nickname)
  expect(await publicOf(player.player.id)).toEqual(expect.objectContaining({ nickname }))
  // WeChat is not asked again about a value that it rejected.
  const { text } = await countsOf(cluster)
  expect((await changeMe(url, player.sessionId, { nickname: `so ${word}` })).body.player).toMatchObject({
    nickname,
    review: { nickname: 'rejected' },
  })
  expect((await countsOf(cluster)).text).toBe(text)
  // A value that other players see already needs no check, and setting it removes the notice.
  expect((await changeMe(url, player.sessionId, { nickname })).body.player.review).toBeUndefined()
  player.close()
})

test.each(['busy2', 'quota2', 'unseen1', 'timeout1', 'token1'])(
  'a nickname about which WeChat first replies %s stays pending and is accepted later',
  async (word) => {
    const { sessionId, player } = await logIn(`later-${word.slice(0, 3)}`)
    expect((await changeMe(url, sessionId, { nickname: `x ${word}` })).body.player.review).toEqual({ nickname: 'pending' })
    expect(await decided(sessionId, 'nickname')).toMatchObject({ nickname: `x ${word}` })
    expect(await publicOf(player.id)).toMatchObject({ nickname: `x ${word}` })
  },
)

test('the profile of a login is checked too, and no login fails or waits because of it', async () => {
  const first = await logIn('brings', { nickname: 'brings risky', avatarUrl: 'https://thirdwx.qlogo.cn/mmopen/pass/132' })
  expect(first.player.review).toEqual({ nickname: 'pending', avatar: 'pending' })
  expect((await publicOf(first.player.id)).nickname).not.toContain('risky')
  await decided(first.sessionId, 'avatar')
  expect(await decided(first.sessionId, 'nickname')).toMatchObject({
    review: { nickname: 'rejected' },
    avatarUrl: 'https://thirdwx.qlogo.cn/mmopen/pass/132',
  })
  const again = await logIn('brings', { nickname: 'brings risky' })
  expect(again.player.review).toEqual({ nickname: 'rejected' })
})

test('a picture is seen by others once the message push has accepted it', async () => {
  const { sessionId, player } = await logIn('painter')
  const { body } = await changeMe(url, sessionId, { avatar: await pictureOf('#30c060') })
  expect(body.player.review).toEqual({ avatar: 'pending' })
  const address = body.player.avatarUrl
  expect(address).toContain(`/api/avatars/${player.id}/`)
  const pending = await http(address)
  expect([pending.status, pending.headers['cache-control']]).toEqual([200, 'private, no-store'])
  expect(await decided(sessionId, 'avatar')).toMatchObject({ avatarUrl: address })
  expect(await publicOf(player.id)).toMatchObject({ avatarUrl: address })
  expect((await http(address)).headers['cache-control']).toContain('immutable')
  const red = await changeMe(url, sessionId, { avatar: await pictureOf('#ff0000') })
  expect(await decided(sessionId, 'avatar')).toMatchObject({ avatarUrl: address, review: { avatar: 'rejected' } })
  expect((await http(red.body.player.avatarUrl)).status).toBe(404)
  expect((await http(address)).status).toBe(200)
  expect(
    await sql.query('SELECT state, image IS NULL AS gone FROM ContentCheck WHERE playerId = ? AND kind = ?', [player.id, 'avatar']),
  ).toEqual([{ state: 'rejected', gone: 1 }])
})

test('WeChat is asked again about a picture that it could not load, and about one for which no result comes', async () => {
  const { sessionId } = await logIn('patient')
  const { media } = await countsOf(cluster)
  for (const colour of ['#0000ff', '#000000']) {
    await changeMe(url, sessionId, { avatar: await pictureOf(colour) })
    const asked = (await countsOf(cluster)).media
    await expect.poll(async () => (await countsOf(cluster)).media, { timeout: 15_000 }).toBeGreaterThanOrEqual(asked + 2)
    expect((await ownOf(url, sessionId)).review).toEqual({ avatar: 'pending' })
  }
  expect((await countsOf(cluster)).media).toBeGreaterThan(media + 3)
  // A result counts for the value that was asked about: the newest value is decided separately.
  await changeMe(url, sessionId, { avatar: await pictureOf('#808080') })
  expect((await decided(sessionId, 'avatar')).review).toBeUndefined()
})

test('a player whose picture is pending sees it also in views of a recorded match', async () => {
  const [one, two] = [await TestPlayer.join('records-a', url), await TestPlayer.join('records-b', url)]
  await Promise.all([decided(one.sessionId, 'nickname'), decided(two.sessionId, 'nickname')])
  await changeMe(url, one.sessionId, { avatar: await pictureOf('#000000') })
  await one.request('match:sync')
  const updates: OwnPlayer[] = []
  one.socket.on('player', (each) => updates.push(each))
  const match = await pair(one, two, 1)
  await Promise.all([one.play(match, () => 'rock'), two.play(match, () => 'scissors')])
  await expect.poll(() => updates.at(-1)?.wins, { timeout: 15_000 }).toBe(1)
  expect(updates.at(-1)?.review).toEqual({ avatar: 'pending' })
  for (const player of [one, two]) player.close()
})

test('a login succeeds also when its profile cannot be stored', async () => {
  await sql.query('ALTER TABLE ContentCheck RENAME TO ContentCheckAway')
  try {
    expect((await logIn('never-fails', { nickname: 'never fails' })).player.nickname).toMatch(/的/)
  } finally {
    await sql.query('ALTER TABLE ContentCheckAway RENAME TO ContentCheck')
  }
})

test('all nodes share one access token, renewed before it ends and replaced once it is refused', async () => {
  const rename = async (name: string): Promise<void> => {
    await Promise.all(
      cluster.info.nodes.map(async ({ url: node }, index) => {
        const { sessionId } = await logIn(`token-${name}-${index}`)
        await changeMe(node, sessionId, { nickname: `${name} ${index}` })
        await decided(sessionId, 'nickname')
      }),
    )
  }
  await rename('first')
  const before = await countsOf(cluster)
  await rename('second')
  expect((await countsOf(cluster)).token).toBe(before.token)
  await redis.pexpire('cq:wechat:token', 200_000)
  await rename('third')
  const renewed = await countsOf(cluster)
  expect(renewed.token).toBe(before.token + 1)
  expect(renewed.forced).toBe(before.forced)
  await redis.del('cq:wechat:token:forced')
  await http(`${cluster.info.wechat.url}/stand-in/refuse-token`, { method: 'POST' })
  await rename('fourth')
  expect((await countsOf(cluster)).forced).toBe(before.forced + 1)
  expect(await redis.get('cq:wechat:token')).not.toContain('stand-in-token')
})

test('no log contains an access token, AppSecret, key, openid or nickname', async () => {
  const text = cluster.nodes.map(({ logFile }) => readFileSync(logFile, 'utf8')).join('\n')
  expect(text).toContain('WeChat does not reply to a call')
  for (const secret of [
    'stand-in-token',
    'caiquan-stand-in',
    'abcdefghijklmnopqrstuvwxyz0123456789',
    'caiquanStandIn',
    'told-',
    'so risky',
  ])
    expect(text.includes(secret), secret).toBe(false)
})
