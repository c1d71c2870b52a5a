import axe from 'axe-core'
import { expect, test, vi } from 'vitest'
import type { ClusterReport } from '../../tools/cluster-page/report.ts'
import { Tab } from '../support/browser.ts'
import { http } from '../support/http.ts'
import { usePreview } from '../support/preview.ts'

const preview = usePreview({ nodes: 3, supervise: true, page: true })
const BROKEN = /WebSocket connection to .* failed|status of 50[234]/

/** The cluster page in a window of its own. */
const openPage = (options: Parameters<typeof Tab.open>[2] = {}): Promise<Tab> =>
  preview.open({ viewport: { width: 1200, height: 1100 }, ...options }, `${preview.cluster.info.url}/cluster`)

const card = (page: Tab, node: string) => page.page.getByRole('article', { name: node })
/** Waits until the node's card shows this. */
const cardSays = (page: Tab, node: string, text: string): Promise<void> => card(page, node).getByText(text).first().waitFor()

/** The node of a player of this browser, as the page shows it. */
async function nodeOf(page: Tab, player: string): Promise<string> {
  const at = page.page.getByRole('article').filter({ hasText: player })
  await at.waitFor()
  return (await at.getAttribute('aria-label')) ?? ''
}

/** The first message of the stream: all that is known at that time. */
async function history(page: Tab): Promise<ClusterReport> {
  return page.page.evaluate<ClusterReport>(`new Promise((resolve) => {
    const source = new EventSource('/cluster/api/events')
    source.onmessage = ({ data }) => { source.close(); resolve(JSON.parse(data)) }
  })`)
}

test('a node is killed from the page during a round, and all players see the game continue', async () => {
  const page = await openPage()
  await page.page.getByText('3 / 3').waitFor()
  await page.page.getByText('实时').waitFor()
  const [ann, bob] = await Promise.all(['ann', 'bob'].map((name) => page.beside(`${preview.cluster.info.url}/?player=cluster-${name}`)))
  if (!ann || !bob) expect.unreachable()
  for (const tab of [ann, bob]) tab.expects(BROKEN)
  await Promise.all([ann.press('休闲赛'), bob.press('休闲赛')])
  await Promise.all([ann.sees('请出拳'), bob.sees('请出拳')])
  await ann.press('石头')
  await bob.sees('已出拳，请出拳')

  // The tabs share a cookie, so the cookie does not tell which tab is on which node. The page tells it, and the kill proves it.
  const name = await ann.page.evaluate<string>('getApp().game.me.nickname')
  const node = await nodeOf(page, name)
  const before = await history(page)
  expect(before.points.length).toBeGreaterThan(1)
  await page.shot('cluster')

  const shown = await ann.watchFor('正在重新连接')
  await page.press(`杀掉 ${node}`)
  await shown()
  const lines = page.page.getByRole('listitem').filter({ hasText: node })
  await lines.filter({ hasText: '被杀掉' }).waitFor()
  await ann.sees('已出拳，等待')
  await bob.press('剪刀')
  await Promise.all([ann.score(1, 0), bob.score(0, 1)])
  await page.shot('cluster-killed')

  // The supervisor starts the node again, the players stay on the nodes that they moved to, and the page keeps its earlier data.
  await cardSays(page, node, '死过 1 次')
  await cardSays(page, node, '就绪')
  expect(await nodeOf(page, name)).not.toBe(node)
  await lines.filter({ hasText: '就绪' }).waitFor()
  expect(await lines.filter({ hasText: '意外结束' }).count()).toBe(0)
  const after = await history(page)
  expect(after.points.slice(0, before.points.length)).toEqual(before.points)
  expect(after.events.filter((event) => event.node === node).map(({ what }) => what)).toEqual(['killed', 'ended', 'ready'])
  await Promise.all([ann.press('石头'), bob.press('剪刀')])
  await Promise.all([ann.sees('你赢了！'), bob.sees('你输了')])
  await vi.waitFor(async () => expect((await history(page)).points.some(({ roundsPerSecond }) => (roundsPerSecond ?? 0) > 0)).toBe(true), {
    timeout: 10_000,
  })
  await page.page.bringToFront()
  await page.shot('cluster-after')
  await Promise.all([ann.page.close(), bob.page.close()])
  expect([...ann.faults, ...bob.faults]).toEqual([])
})

/** The totals of the whole run on the page. */
const count = async (page: Tab, name: string): Promise<number> =>
  Number((await page.page.locator(`.count-of.${name} b`).textContent())?.replaceAll(',', ''))

test('bots play while nodes are stalled and killed and Redis restarts: rounds continue, and none is lost or counted twice', async () => {
  const page = await openPage()
  await page.page.getByText('3 / 3').waitFor()
  await page.press('让机器人来打（12 对）')
  await page.page.getByRole('button', { name: '停下机器人（12 对在打）' }).waitFor()
  await expect.poll(() => count(page, 'decided'), { timeout: 20_000 }).toBeGreaterThan(10)
  const grows = async (): Promise<void> => {
    const before = await count(page, 'decided')
    await expect.poll(() => count(page, 'decided'), { timeout: 30_000 }).toBeGreaterThan(before + 10)
  }

  await page.press('冻结 5 秒 node-2')
  await cardSays(page, 'node-2', '没有回应')
  await page.page.getByRole('listitem').filter({ hasText: 'node-2' }).filter({ hasText: '冻结 5 秒' }).waitFor()
  await cardSays(page, 'node-2', '就绪')
  await page.press('只留一个节点')
  await page.page.getByText('1 / 3').waitFor()
  await page.shot('cluster-one-left')
  await page.page.getByText('3 / 3').waitFor()
  await grows()
  await page.press('重启 Redis')
  await page.page.getByRole('listitem').filter({ hasText: 'Redis' }).filter({ hasText: '就绪' }).waitFor()
  await grows()

  await page.press('停下机器人（12 对在打）')
  await page.page.getByRole('button', { name: '让机器人来打（12 对）' }).waitFor()
  // The deadlines end the open matches. After that, MySQL holds every decided round.
  await vi.waitFor(async () => expect(await count(page, 'recorded')).toBe(await count(page, 'decided')), {
    timeout: 40_000,
    interval: 1000,
  })
  expect([await count(page, 'lost'), await count(page, 'twice')]).toEqual([0, 0])
  expect(await count(page, 'acknowledged')).toBeGreaterThan(20)
  await page.shot('cluster-counts')
}, 180_000)

test('a player of this browser who moves to another node is named with the time that the move took', async () => {
  const page = await openPage()
  await page.page.getByText('3 / 3').waitFor()
  const [ann] = [await page.beside(`${preview.cluster.info.url}/?player=cluster-moves`)]
  ann.expects(BROKEN)
  const name = await ann.page.evaluate<string>('new Promise((resolve) => getApp().game.subscribe(({ me }) => me && resolve(me.nickname)))')
  const node = await nodeOf(page, name)
  await page.press(`杀掉 ${node}`)
  const line = page.page.getByRole('listitem').filter({ hasText: new RegExp(`${name} ${node} → node-\\d，用时 [\\d.]+ 秒`) })
  await line.waitFor()
  // The generated name is a long one.
  const [move, kill] = await Promise.all(
    [line, page.page.getByRole('listitem').filter({ hasText: '被杀掉' }).first()].map((each) => each.boundingBox()),
  )
  expect(move?.height, 'one line').toBe(kill?.height)
  await page.page.getByRole('link', { name: '去玩游戏' }).waitFor()
  expect(await ann.page.getByRole('link', { name: '看看集群' }).getAttribute('href')).toMatch(/^\/cluster/)
  await ann.page.close()
})

test('the page opens two named players, who are paired and shown by name on their nodes', async () => {
  const page = await openPage()
  await page.page.getByText('3 / 3').waitFor()
  const ann = await page.follow('打开玩家 小安')
  const bob = await page.follow('打开玩家 小波')
  await Promise.all([ann.press('休闲赛'), bob.press('休闲赛')])
  await Promise.all([ann.sees('小波'), bob.sees('小安')])
  for (const name of ['小安', '小波']) await page.page.getByRole('article').filter({ hasText: name }).waitFor()
  // A name that the player chooses afterwards is kept.
  await ann.page.evaluate(`getApp().game.updateProfile({ nickname: '安安' })`)
  await ann.page.reload()
  await page.page.getByRole('article').filter({ hasText: '安安' }).waitFor()
  for (const tab of [ann, bob]) {
    await tab.page.close()
    expect(tab.faults).toEqual([])
  }
})

test('a node is added, drained and removed; the last node stays', async () => {
  const page = await openPage()
  await page.press('增加一个节点')
  await cardSays(page, 'node-4', '就绪')
  await page.page.getByText('4 / 4').waitFor()
  expect(preview.cluster.info.nodes.map(({ name }) => name)).toContain('node-4')
  await page.press('停止 node-4')
  await cardSays(page, 'node-4', '已退出')
  await page.page.getByText('3 / 3').waitFor()
  expect(preview.cluster.info.nodes.map(({ name }) => name)).not.toContain('node-4')

  await page.press('停止 node-3')
  await page.press('停止 node-2')
  await cardSays(page, 'node-2', '已退出')
  expect(await card(page, 'node-1').getByRole('button', { name: '停止 node-1' }).isDisabled()).toBe(true)
  const { url } = preview.cluster.info
  const own = { origin: url, 'x-caiquan-cluster': '1', 'content-type': 'application/json' }
  expect((await http(`${url}/cluster/api/nodes/node-1/stop`, { method: 'POST', headers: own, body: '{}' })).status).toBe(409)
  await page.press('增加一个节点')
  await page.page.getByText('2 / 2').waitFor()
})

test('only the page itself can use its buttons', async () => {
  const { url } = preview.cluster.info
  const own = { origin: url, 'x-caiquan-cluster': '1', 'content-type': 'application/json' }
  const ask = async (change: Record<string, string | undefined>): Promise<number> => {
    const headers = Object.fromEntries(
      Object.entries({ ...own, ...change }).filter((entry): entry is [string, string] => entry[1] !== undefined),
    )
    return (await http(`${url}/cluster/api/nodes/node-99/kill`, { method: 'POST', headers, body: '{}' })).status
  }
  expect(await ask({}), 'the page itself; the node does not exist').toBe(404)
  expect(await ask({ origin: 'https://evil.example' }), 'another site').toBe(403)
  expect(await ask({ origin: undefined }), 'no origin').toBe(403)
  expect(await ask({ 'x-caiquan-cluster': undefined }), 'a form').toBe(403)
  expect(await ask({ 'content-type': 'text/plain' }), 'the content type of a form').toBe(403)
  expect(await ask({ host: 'evil.example', origin: 'https://evil.example' }), 'a foreign name that resolves to this machine').toBe(403)
  expect(await ask({ 'sec-fetch-site': 'cross-site' }), 'the header of the browser').toBe(403)
  expect((await http(`${url}/cluster/api/nodes/node-1/kill`, { headers: own })).status, 'a link').toBe(404)
})

test.each([
  ['zh-CN', 'light'],
  ['en-US', 'dark'],
] as const)('the page fits a phone and passes the check for accessibility in %s, %s', async (locale, colorScheme) => {
  const page = await openPage({ locale, colorScheme, reducedMotion: 'reduce', viewport: { width: 320, height: 640 } })
  await page.page.getByRole('article').first().waitFor()
  await page.shot(`cluster-320-${locale}`)
  expect(await page.page.evaluate('document.documentElement.scrollWidth')).toBe(320)
  await page.page.evaluate(axe.source)
  const violations = await page.page.evaluate<{ id: string; nodes: { html: string; failureSummary: string }[] }[]>(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)`,
  )
  expect(violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`))).toEqual([])
})
