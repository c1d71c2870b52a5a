import { expect, test } from 'vitest'
import { playOut, recordOf, usePreview } from '../support/preview.ts'

const preview = usePreview()

test('two tabs meet by quick match and play to the end', async () => {
  const [ann, bob] = await Promise.all([preview.open(), preview.open({ colorScheme: 'dark' })])
  await ann.ready()
  await ann.shot('home')
  await ann.press('休闲赛')
  await ann.sees('正在寻找对手')
  await ann.shot('searching')
  await bob.press('休闲赛')
  await Promise.all([ann.sees('请出拳'), bob.sees('请出拳')])
  await bob.shot('match-dark')
  await ann.press('石头')
  await ann.sees('已出拳，等待')
  await bob.sees('已出拳，请出拳')
  await bob.shot('hidden-dark')
  await bob.press('剪刀')
  await Promise.all([ann.sees('这一局你赢了'), bob.sees('这一局你输了')])
  await ann.shot('round-won')
  await Promise.all([ann.press('石头'), bob.press('剪刀')])
  await Promise.all([ann.sees('你赢了！'), bob.sees('你输了')])
  await ann.sees('比分 2 : 0')
  await bob.sees('比分 0 : 2')
  await Promise.all([ann.shot('won'), bob.shot('lost-dark')])
})

test('a ranked match changes the rating, the ranking and the history', async () => {
  const [ann, bob] = await Promise.all([preview.open(), preview.open()])
  await Promise.all([ann.press('排位赛'), bob.press('排位赛')])
  await Promise.all([ann.sees('请出拳'), bob.sees('请出拳')])
  await playOut(ann, bob)
  const { match, seat } = await recordOf(ann, preview.cluster.info.url)
  const gain = (match.seats[seat]?.player.rating ?? 0) - 1500
  expect(gain).toBeGreaterThan(0)
  await Promise.all([ann.sees(`积分 ${1500 + gain}（+${gain}）`), bob.sees(`积分 ${1500 - gain}（-${gain}）`)])
  await Promise.all([ann.sees('1 胜 0 负 0 平'), bob.sees('0 胜 1 负 0 平')])
  await ann.shot('ranked-won')
  await ann.press('返回首页')
  await ann.sees(String(1500 + gain))
  await ann.press('排行榜')
  await ann.sees('我的名次')
  await ann.sees(String(1500 + gain))
  await ann.shot('ranking')
  await ann.press('返回')
  await ann.press('战绩')
  await ann.page.locator('page:not([hidden])').getByRole('button', { expanded: false }).click()
  await ann.sees('第 2 局')
  await ann.shot('history')
})

test('the site is small, is cached by the browser, and loads only its own code', async () => {
  const { url } = preview.cluster.info
  const tab = await preview.open()
  const page = await tab.page.request.get(`${url}/`)
  expect(page.headers()).toMatchObject({
    'cache-control': 'no-cache',
    'content-security-policy': expect.stringContaining("script-src 'self'"),
  })
  for (const name of (await page.text()).match(/\/assets\/app-\w+\.(js|css)/g) ?? expect.unreachable()) {
    const asset = await tab.page.request.get(url + name)
    expect(asset.headers()).toMatchObject({ 'cache-control': 'public, max-age=31536000, immutable', 'content-encoding': 'gzip' })
  }
  const unknown = await tab.page.request.get(`${url}/assets/nothing.js`)
  expect([unknown.status(), await unknown.text()]).toEqual([404, expect.stringContaining('not_found')])
  expect((await tab.page.request.get(`${url}/healthz`)).status()).toBe(200)
  // The cluster page is only for the person who runs `npm start`.
  expect((await tab.page.request.get(`${url}/cluster`)).status()).toBe(404)
  expect((await tab.page.request.post(`${url}/cluster/api/nodes`)).status()).toBe(404)
})

test('a shared link leads into the room, and a rematch into another match', async () => {
  const host = await preview.open()
  await host.press('邀请好友')
  await host.sees('等待好友加入')
  await host.shot('room')
  await host.press('分享给好友')
  await host.page.getByText('链接已复制').waitFor()
  const link = await host.page.evaluate<string>('navigator.clipboard.readText()')
  expect(link).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/\?code=[A-Z0-9]{6}$/)

  const guest = await preview.open({}, link)
  await Promise.all([host.sees('请出拳'), guest.sees('请出拳')])
  await playOut(host, guest)
  await host.press('再来一局')
  await host.sees('同意再来一局')
  await guest.press('接受')
  await Promise.all([host.score(0, 0), guest.score(0, 0)])
  await playOut(guest, host)
})

test('a page that was not touched yet asks for no vibration, which the browser would refuse with a warning', async () => {
  const page = await (await preview.open()).page.context().newPage()
  const messages: string[] = []
  page.on('console', (message) => void messages.push(message.text()))
  // By a script of the page itself: a script that Playwright evaluates counts as a touch.
  await page.addInitScript(`addEventListener('load', () => wx.vibrateLong({ complete: () => console.info('asked') }))`)
  const asked = page.waitForEvent('console', { predicate: (message) => message.text() === 'asked' })
  await page.goto(`${preview.cluster.info.url}/?player=untouched-${process.pid}`)
  await asked
  expect(messages).toEqual(['asked'])
})

test('a code that is typed joins the room, and a third player watches', async () => {
  const host = await preview.open()
  await host.press('邀请好友')
  const letters = host.page.locator('page:not([hidden]) [role="img"]').first()
  await host.sees('等待好友加入')
  const code = (await letters.getAttribute('aria-label')) ?? ''
  const [guest, third] = await Promise.all([preview.open(), preview.open()])
  const join = async (tab: typeof guest): Promise<void> => {
    await tab.ready()
    await tab.page.getByRole('textbox', { name: '输入房间码' }).fill(code.toLowerCase())
    await tab.press('加入')
  }
  await join(guest)
  await Promise.all([host.sees('请出拳'), guest.sees('请出拳')])
  await join(third)
  await third.sees('观战中')
  await playOut(host, guest)
  await third.page.getByRole('button', { name: '返回首页' }).waitFor()
  await third.shot('watched')
  expect(await third.page.getByRole('button', { name: '再来一局' }).count()).toBe(0)
})

test('practice against a bot is played to the end that the server has recorded', async () => {
  const tab = await preview.open()
  await tab.press('和机器人练习')
  const over = tab.page.getByRole('button', { name: '再来一局', exact: true })
  const rock = tab.page.getByRole('button', { name: '石头', exact: true }).and(tab.page.locator(':enabled'))
  // A round may close by itself between the look and the click: then there is the next round, or the end.
  for (;;) {
    await over.or(rock).first().waitFor()
    if (await over.isVisible()) break
    await rock.click({ timeout: 1000 }).catch(() => undefined)
  }
  // Chance and a slow machine decide how the match ends: by score, after nine rounds with draws, or by missed deadlines.
  const { match, rounds, seat } = await recordOf(tab, preview.cluster.info.url)
  const { result } = match
  const [mine, theirs] = [match.seats[seat]?.score ?? -1, match.seats[1 - seat]?.score ?? -1]
  const won = (winner: number): number => rounds.filter((round) => round.winner === winner).length
  expect([mine, theirs]).toEqual([won(seat), won(1 - seat)])
  if (result?.reason === 'score') expect(Math.max(mine, theirs)).toBe(2)
  if (result?.reason === 'max_rounds') expect(rounds).toHaveLength(9)
  await tab.score(mine, theirs)
  await tab.sees(result?.winner === null ? '握手言和' : result?.winner === seat ? '你赢了！' : '你输了')
  const reasons = { score: `比分 ${mine} : ${theirs}`, max_rounds: '打满了局数', no_show: '没有出拳', forfeit: null }
  await tab.sees(reasons[result?.reason ?? 'forfeit'] ?? expect.unreachable('no player has left'))
  await tab.press('返回首页')
  await tab.sees('和机器人练习')
})

test('leaving asks first, and then loses the match', async () => {
  const [ann, bob] = await preview.pair()
  await ann.press('离开')
  const dialog = ann.page.getByRole('dialog', { name: '离开对局？' })
  await dialog.getByRole('button', { name: '取消' }).click()
  await ann.sees('请出拳')
  await ann.press('离开')
  await ann.shot('leaving')
  await dialog.getByRole('button', { name: '离开' }).click()
  await Promise.all([ann.sees('休闲赛'), bob.sees('你赢了！')])
  await bob.sees('离开了对局')
  await bob.shot('forfeit')
})

test('an emote reaches the opponent', async () => {
  const [ann, bob] = await preview.pair()
  await ann.press('表情')
  await ann.shot('emotes')
  await ann.press('祝你好运')
  await Promise.all([ann.sees('祝你好运'), bob.sees('祝你好运')])
  await bob.shot('emote')
})

test('a picture that a player picks goes to the server, and their opponent sees it', async () => {
  const [one, two] = await Promise.all([preview.open(), preview.open()])
  await one.page.locator('page:not([hidden]) button.avatar').click()
  await one.page.getByRole('dialog').getByRole('button').first().click()
  await one.page.locator('page:not([hidden]) button.avatar img[src*="/api/avatars/"]').waitFor()
  await Promise.all([one.press('休闲赛'), two.press('休闲赛')])
  await Promise.all([one.sees('请出拳'), two.sees('请出拳')])
  const shown = two.page.locator('page:not([hidden]) img[src*="/api/avatars/"]')
  await shown.waitFor()
  expect(await shown.evaluate((picture) => Reflect.get(picture, 'naturalWidth') as number)).toBe(132)
  await one.shot('avatar')
})
