import { createHash } from 'node:crypto'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { usePreview } from '../support/preview.ts'

const preview = usePreview()

test('a reload in the middle of a round loses nothing', async () => {
  const [ann, bob] = await preview.pair()
  await ann.press('石头')
  await bob.sees('已出拳，请出拳')
  await ann.page.reload()
  await ann.sees('已出拳，等待')
  await bob.press('剪刀')
  await Promise.all([ann.score(1, 0), bob.score(0, 1)])
})

test('without a network the page says so, and continues by itself when it is back', async () => {
  const [ann, bob] = await preview.pair()
  ann.expects(/ERR_INTERNET_DISCONNECTED/)
  await ann.page.context().setOffline(true)
  await ann.sees('没有网络，恢复后自动继续')
  await ann.shot('offline')
  await ann.page.context().setOffline(false)
  await ann.misses('没有网络')
  await Promise.all([ann.press('石头'), bob.press('剪刀')])
  await Promise.all([ann.score(1, 0), bob.score(0, 1)])
})

test('the node under a player is killed in the middle of a round, and the round continues', async () => {
  const [ann, bob] = await preview.pair()
  const name = await ann.node()
  const node = preview.cluster.nodes.find((one) => one.name === name) ?? expect.unreachable(`no node ${name}`)
  ann.expects(/WebSocket connection to .* failed|status of 50[234]/)
  bob.expects(/WebSocket connection to .* failed|status of 50[234]/)
  await ann.press('石头')
  await bob.sees('已出拳，请出拳')
  const shown = await ann.watchFor('正在重新连接')
  await node.kill()
  await shown()
  await ann.shot('reconnecting')
  await ann.misses('正在重新连接')
  await ann.sees('已出拳，等待')
  await bob.press('剪刀')
  await Promise.all([ann.score(1, 0), bob.score(0, 1)])
  expect(await ann.node()).not.toBe(name)
  await node.start()
})

test('while Redis does not reply, the page stops its clock and its hands, says since when, and continues by itself', async () => {
  const [ann, bob] = await preview.pair()
  const { pid } = preview.cluster.info.redis
  process.kill(pid, 'SIGSTOP')
  try {
    await ann.sees('服务器没有回应，恢复后自动继续（')
    expect(await ann.page.getByRole('timer').innerText()).toBe('')
    expect(await ann.page.getByRole('button', { name: '石头', exact: true }).getAttribute('aria-disabled')).toBe('true')
    await ann.shot('silent')
  } finally {
    process.kill(pid, 'SIGCONT')
  }
  await ann.misses('服务器没有回应')
  await Promise.all([ann.press('石头'), bob.press('剪刀')])
  await Promise.all([ann.score(1, 0), bob.score(0, 1)])
})

test('a player who misses the deadline loses the round, and the match at the second one in a row', async () => {
  const [ann, bob] = await preview.pair()
  await ann.press('石头')
  await Promise.all([ann.sees('这一局你赢了'), bob.sees('超时未出')])
  await Promise.all([ann.score(1, 0), bob.score(0, 1)])
  await bob.shot('missed')
  await ann.press('布')
  await Promise.all([ann.sees('你赢了！'), bob.sees('你输了')])
  await Promise.all([ann.score(2, 0), bob.score(0, 2)])
  await bob.shot('missed-twice')
})

test('a player who never plays loses as absent, and the page says so', async () => {
  const [ann, bob] = await preview.pair()
  // Both players miss the first round, which is a draw; only one of them comes back.
  await Promise.all([ann.sees('双方都没有出拳'), bob.sees('双方都没有出拳')])
  await ann.press('石头')
  await Promise.all([ann.sees(' 连续两局没有出拳'), bob.sees('你连续两局没有出拳')])
  await bob.shot('no-show')
})

test('a session that has expired is replaced without a message', async () => {
  const tab = await preview.open()
  await tab.ready()
  const expired = await tab.sessionId()
  const redis = new Redis(preview.cluster.info.redis.url)
  expect(await redis.del(`cq:session:${createHash('sha256').update(expired).digest('hex')}`)).toBe(1)
  redis.disconnect()
  tab.expects(/status of 401/)
  const name = await tab.page.getByRole('textbox', { name: '昵称' }).inputValue()
  await tab.press('排行榜')
  await tab.sees('打一场排位赛就能上榜')
  await tab.press('返回')
  expect(await tab.sessionId()).not.toBe(expired)
  expect(await tab.page.getByRole('textbox', { name: '昵称' }).inputValue()).toBe(name)
  await tab.press('和机器人练习')
  await tab.sees('请出拳')
})

test('without a server at the start the page says so, and begins by itself once there is one', async () => {
  const { nodes } = preview.cluster
  await Promise.all(nodes.map((node) => node.kill()))
  const tab = await preview.open({}, undefined, /status of 50[234]/)
  await tab.sees('连不上服务器，正在重试')
  await tab.shot('unreachable')
  expect(await tab.page.getByRole('button', { name: '休闲赛' }).isEnabled()).toBe(false)
  await Promise.all(nodes.map((node) => node.start()))
  await tab.ready()
  await tab.misses('连不上服务器')
  await tab.press('和机器人练习')
  await tab.sees('请出拳')
})
