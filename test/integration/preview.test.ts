import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Cluster } from '../../ops/cluster.ts'
import { buildPreview } from '../../preview/build.ts'
import { openBrowser, Tab } from '../support/browser.ts'
import { testCluster } from '../support/cluster.ts'

let cluster: Cluster
let browser: Browser
let tabs: Tab[] = []
let players = 0

beforeAll(async () => {
  browser = await openBrowser()
  await buildPreview()
  cluster = await testCluster({ nginx: true })
})
afterEach(async () => {
  const faults = tabs.flatMap((tab) => tab.faults)
  await Promise.all(tabs.map((tab) => tab.close()))
  tabs = []
  expect(faults, 'what the consoles say').toEqual([])
})
afterAll(async () => {
  await browser?.close()
  await cluster?.close()
})

/** A new player opens the game. */
async function open(options: Parameters<typeof Tab.open>[2] = {}, address = `${cluster.info.url}/`): Promise<Tab> {
  const url = new URL(address)
  url.searchParams.set('player', `preview-${++players}`)
  const tab = await Tab.open(browser, url.href, options)
  tabs.push(tab)
  return tab
}

/** Plays to the end of a best of three: the first with rock, the second with scissors. */
async function playOut(winner: Tab, loser: Tab): Promise<void> {
  for (const score of ['1:0', '2:0']) {
    await Promise.all([winner.press('石头'), loser.press('剪刀')])
    await winner.sees(score)
    await loser.sees(score.split(':').toReversed().join(':'))
  }
  await Promise.all([winner.sees('你赢了！'), loser.sees('你输了')])
}

test('two tabs meet by quick match and play to the end', async () => {
  const [ann, bob] = await Promise.all([open(), open({ colorScheme: 'dark' })])
  await ann.shot('home')
  await ann.press('休闲赛')
  await ann.sees('正在寻找对手')
  await bob.press('休闲赛')
  await Promise.all([ann.sees('请出拳'), bob.sees('请出拳')])
  await bob.shot('match-dark')
  await ann.press('石头')
  await ann.sees('已出拳，等待对方')
  await bob.sees('对方已出拳')
  await bob.shot('hidden-dark')
  await bob.press('剪刀')
  await Promise.all([ann.sees('这一局你赢了'), bob.sees('这一局你输了')])
  await Promise.all([ann.press('石头'), bob.press('剪刀')])
  await Promise.all([ann.sees('你赢了！'), bob.sees('你输了')])
  await ann.sees('比分 2 : 0')
  await Promise.all([ann.shot('won'), bob.shot('lost-dark')])
})

test('the site is small, kept by the browser, and runs nothing but its own', async () => {
  const tab = await open()
  const page = await tab.page.request.get(`${cluster.info.url}/`)
  expect(page.headers()).toMatchObject({ 'cache-control': 'no-cache', 'content-security-policy': expect.stringContaining("script-src 'self'") })
  for (const name of (await page.text()).match(/\/assets\/app-\w+\.(js|css)/g) ?? expect.unreachable()) {
    const asset = await tab.page.request.get(cluster.info.url + name)
    expect(asset.headers()).toMatchObject({ 'cache-control': 'public, max-age=31536000, immutable', 'content-encoding': 'gzip' })
  }
  const unknown = await tab.page.request.get(`${cluster.info.url}/assets/nothing.js`)
  expect([unknown.status(), await unknown.text()]).toEqual([404, expect.stringContaining('not_found')])
  expect((await tab.page.request.get(`${cluster.info.url}/healthz`)).status()).toBe(200)
})

test('a shared link leads into the room, and a rematch into another match', async () => {
  const host = await open()
  await host.press('邀请好友')
  await host.sees('等待好友加入')
  await host.press('分享给好友')
  await host.page.getByText('链接已复制').waitFor()
  const link = await host.page.evaluate<string>('navigator.clipboard.readText()')
  expect(link).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/\?code=[A-Z0-9]{6}$/)
  await host.shot('room')

  const guest = await open({}, link)
  await Promise.all([host.sees('请出拳'), guest.sees('请出拳')])
  await playOut(host, guest)
  await host.press('再来一局')
  await host.sees('等待对方同意')
  await guest.press('对方想再来一局')
  await Promise.all([host.sees('0:0'), guest.sees('0:0')])
  await playOut(guest, host)
})

test('practice against a bot goes to its end', async () => {
  const tab = await open()
  await tab.press('和机器人练习')
  const over = tab.page.getByRole('button', { name: '再来一局', exact: true })
  const rock = tab.page.getByRole('button', { name: '石头', exact: true })
  while (!(await over.isVisible())) {
    if (await rock.isEnabled({ timeout: 500 }).catch(() => false)) await rock.click({ timeout: 500 }).catch(() => undefined)
    await tab.page.waitForTimeout(100)
  }
  await tab.sees('比分')
  await tab.press('返回首页')
  await tab.sees('和机器人练习')
})

test('a reload in the middle of a round loses nothing', async () => {
  const [ann, bob] = await Promise.all([open(), open()])
  await Promise.all([ann.press('休闲赛'), bob.press('休闲赛')])
  await Promise.all([ann.sees('请出拳'), bob.sees('请出拳')])
  await ann.press('石头')
  await bob.sees('对方已出拳')
  await ann.page.reload()
  await ann.press('回到对局')
  await ann.sees('已出拳，等待对方')
  await bob.press('剪刀')
  await Promise.all([ann.sees('1:0'), bob.sees('0:1')])
})

test('without a network the page says so, and goes on by itself when it is back', async () => {
  const [ann, bob] = await Promise.all([open(), open()])
  await Promise.all([ann.press('休闲赛'), bob.press('休闲赛')])
  await Promise.all([ann.sees('请出拳'), bob.sees('请出拳')])
  await ann.page.context().setOffline(true)
  await ann.sees('没有网络，恢复后自动继续')
  await ann.shot('offline')
  await ann.page.context().setOffline(false)
  await ann.page.getByText('没有网络').waitFor({ state: 'detached' })
  await Promise.all([ann.press('石头'), bob.press('剪刀')])
  await Promise.all([ann.sees('1:0'), bob.sees('0:1')])
  // What Chromium itself says of a request without a network is no fault of the page.
  ann.faults.splice(0, ann.faults.length, ...ann.faults.filter((fault) => !fault.includes('ERR_INTERNET_DISCONNECTED')))
})

test('leaving asks first, and then loses the match', async () => {
  const [ann, bob] = await Promise.all([open(), open()])
  await Promise.all([ann.press('休闲赛'), bob.press('休闲赛')])
  await Promise.all([ann.sees('请出拳'), bob.sees('请出拳')])
  await ann.press('离开')
  const dialog = ann.page.getByRole('dialog', { name: '离开对局？' })
  await dialog.getByRole('button', { name: '取消' }).click()
  await ann.sees('请出拳')
  await ann.press('离开')
  await dialog.getByRole('button', { name: '离开' }).click()
  await Promise.all([ann.sees('休闲赛'), bob.sees('你赢了！')])
})

const WORDS = {
  'zh-CN': { ranking: '排行榜', history: '战绩', room: '邀请好友', close: '关闭房间', practice: '和机器人练习', back: '返回', emotes: '表情' },
  'en-US': { ranking: 'Ranking', history: 'History', room: 'Invite a friend', close: 'Close the room', practice: 'Practise with a bot', back: 'Back', emotes: 'Emotes' },
}

test.each(['zh-CN', 'en-US'] as const)('every page fits into 320 px in %s', async (locale) => {
  const words = WORDS[locale]
  const tab = await open({ locale, viewport: { width: 320, height: 568 } })
  const fits = async (name: string): Promise<void> => {
    await tab.shot(`320-${locale}-${name}`)
    expect(await tab.overflowing(), name).toEqual([])
  }
  await tab.page.getByRole('button', { name: words.practice }).and(tab.page.locator(':enabled')).waitFor()
  await fits('home')
  for (const name of ['ranking', 'history'] as const) {
    await tab.press(words[name])
    await tab.page.getByRole('heading', { name: words[name] }).waitFor()
    await fits(name)
    await tab.press(words.back)
  }
  await tab.press(words.room)
  await tab.page.getByRole('button', { name: words.close }).waitFor()
  await fits('room')
  await tab.press(words.close)
  await tab.press(words.practice)
  await tab.press(words.emotes)
  await fits('match')
})
