import { expect, test } from 'vitest'
import type { Tab } from '../support/browser.ts'
import { hostRoom, playOut, setVisible, usePreview } from '../support/preview.ts'

const preview = usePreview()

const back = (tab: Tab): Promise<void> => tab.page.locator('.bar-back').click()
const answer = (tab: Tab, name: string): Promise<void> => tab.page.getByRole('dialog').getByRole('button', { name, exact: true }).click()
async function join(tab: Tab, code: string): Promise<void> {
  await tab.ready()
  await tab.page.getByRole('textbox', { name: '输入房间码' }).fill(code)
  await tab.press('加入')
}

test('a host who has gone back to the home page is led into the match when the friend joins', async () => {
  const [host, guest] = await Promise.all([preview.open(), preview.open()])
  const code = await hostRoom(host)
  await back(host)
  await host.sees('回到对局')
  await host.page.evaluate('globalThis.vibrations = []; navigator.vibrate = (ms) => vibrations.push(ms) > 0')
  await join(guest, code)
  await Promise.all([host.score(0, 0), guest.score(0, 0)])
  await host.sees('请出拳')
  // A long time: the phone may lie on the table.
  expect(await host.page.evaluate('vibrations')).toEqual([400])
})

test('a host who is in the background when the friend joins loses nothing, and the page says whom it waits for', async () => {
  const [host, guest] = await Promise.all([preview.open(), preview.open()])
  const code = await hostRoom(host)
  await setVisible(host, false)
  await join(guest, code)
  await guest.sees('回到游戏，就开始第一局')
  await guest.sees('还没回来')
  await guest.shot('both-in-room')
  await setVisible(host, true)
  await Promise.all([host.sees('请出拳'), guest.sees('请出拳')])
  await Promise.all([host.score(0, 0), guest.score(0, 0)])
})

test('entering the app during a match opens the match', async () => {
  const [ann] = await preview.pair()
  await back(ann)
  await answer(ann, '确定')
  await ann.sees('还在进行')
  await setVisible(ann, false)
  await setVisible(ann, true)
  await ann.sees('请出拳')
})

test('going back shows a warning; the home page then explains what happens to the match', async () => {
  const [ann, bob] = await preview.pair()
  await back(bob)
  await bob.page.getByRole('dialog', { name: '连续两局不出拳就会判负' }).waitFor()
  await answer(bob, '取消')
  await bob.sees('请出拳')
  await back(bob)
  await answer(bob, '确定')
  await bob.sees('还在进行，连续两局不出拳就会判负')
  await bob.shot('home-running')
  await ann.press('石头')
  await ann.score(1, 0)
  await ann.press('石头')
  await ann.sees('你赢了！')
  await bob.sees('你输了：比分 0 : 2')
  await bob.shot('home-lost')
  await bob.press('知道了')
  await bob.misses('你输了')
})

test('a match that ended while the app was closed is explained at the next start', async () => {
  const [ann, bob] = await preview.pair()
  const address = bob.page.url()
  await bob.page.goto('about:blank')
  await ann.press('石头')
  await ann.score(1, 0)
  await ann.press('石头')
  await ann.sees('你赢了！')
  await bob.page.goto(address)
  await bob.sees('你输了：比分 0 : 2')
})

test('a player who leaves on purpose is told the consequence before, not after', async () => {
  const [ann, bob] = await preview.pair()
  await ann.press('离开')
  await answer(ann, '离开')
  await ann.ready()
  await bob.sees('你赢了！')
  expect(await ann.page.getByText('上一场对局已结束').count()).toBe(0)
})

test('a rematch request reaches the opponent on any page, and can be withdrawn', async () => {
  const [ann, bob] = await preview.pair()
  await playOut(ann, bob)
  await bob.press('返回首页')
  await bob.press('排行榜')
  await ann.press('再来一局')
  await ann.sees('同意再来一局')
  await bob.page.getByRole('dialog', { name: '想再来一局' }).waitFor()
  await bob.shot('wish')
  await answer(bob, '不了')
  await ann.press('不等了')
  await ann.page.getByRole('button', { name: '再来一局', exact: true }).waitFor()
  await ann.press('再来一局')
  await bob.page.getByRole('dialog', { name: '想再来一局' }).waitFor()
  await answer(bob, '接受')
  await Promise.all([ann.score(0, 0), bob.score(0, 0)])
  await Promise.all([ann.sees('请出拳'), bob.sees('请出拳')])
})

test('a rematch request ends when the app goes to the background, where the match would be lost unseen', async () => {
  const [ann, bob] = await preview.pair()
  await playOut(ann, bob)
  await ann.press('再来一局')
  await bob.sees('想再来一局')
  await setVisible(ann, false)
  await bob.misses('想再来一局')
  await bob.page.getByRole('button', { name: '再来一局', exact: true }).waitFor()
  await setVisible(ann, true)
  await ann.page.getByRole('button', { name: '再来一局', exact: true }).waitFor()
})

test('when the opponent is in another match the page says so, and a new opponent is one tap away', async () => {
  const [ann, bob] = await preview.pair()
  await playOut(ann, bob)
  await ann.press('再来一局')
  await ann.sees('同意再来一局')
  await bob.press('返回首页')
  await bob.press('和机器人练习')
  await ann.sees('已经不在了，换个对手吧')
  await ann.shot('gone')
  await ann.press('换个对手')
  await ann.sees('正在寻找对手')
})

test('a new opponent is one tap away after a ranked match, too, and a long search offers something else', async () => {
  const tab = await preview.open()
  await tab.press('排位赛')
  await tab.sees('只匹配真人')
  await tab.sees('不想等？先玩别的')
  await tab.shot('search-long')
  await tab.press('和机器人练习')
  await tab.sees('请出拳')
})

test('a match from the home page to the rematch needs only a keyboard, and the focus stays on the hand', async () => {
  const tab = await preview.open({ reducedMotion: 'reduce' })
  await tab.ready()
  const { keyboard } = tab.page
  const focused = (): Promise<string> =>
    tab.page.evaluate<string>(`(document.activeElement.getAttribute('aria-label') || document.activeElement.textContent).trim()`)
  const tabTo = async (name: string): Promise<void> => {
    for (let presses = 0; presses < 60; presses += 1) {
      if ((await focused()) === name) return
      await keyboard.press('Tab')
    }
    expect.unreachable(`the keyboard never came to ${name}`)
  }
  await tabTo('和机器人练习')
  await keyboard.press('Enter')
  await tab.sees('请出拳')
  await tabTo('石头')
  const again = tab.page.getByRole('button', { name: '再来一局', exact: true })
  const open = tab.page.locator('page:not([hidden]) .choices [aria-disabled="false"]').first()
  for (;;) {
    await open.or(again).first().waitFor()
    if (await again.isVisible()) break
    expect(await focused()).toBe('石头')
    await keyboard.press('Enter')
    await open.waitFor({ state: 'detached' })
  }
  await tabTo('再来一局')
  await keyboard.press('Enter')
  await tab.score(0, 0)
  await tab.sees('请出拳')
})

test('emotes can be closed and sent by keyboard, and the focus goes back to their button', async () => {
  const [ann, bob] = await preview.pair()
  const toggle = ann.page.getByRole('button', { name: '表情' })
  const panel = ann.page.getByRole('group', { name: '表情' })
  const isFocused = (): Promise<boolean> => toggle.evaluate((button) => button === button.ownerDocument.activeElement)
  for (const key of ['Escape', 'Enter']) {
    await toggle.focus()
    await ann.page.keyboard.press('Enter')
    await panel.getByRole('button', { name: '打得好' }).focus()
    await ann.page.keyboard.press(key)
    await panel.waitFor({ state: 'detached' })
    expect(await isFocused(), key).toBe(true)
  }
  await bob.sees('打得好')
})

test('a player who opens the game elsewhere sees this, and continues here by a tap, from home and from a room', async () => {
  const tab = await preview.open()
  await tab.ready()
  const openElsewhere = async (): Promise<void> => {
    const elsewhere = await preview.open({}, `${preview.cluster.info.url}/`, undefined, tab)
    await tab.sees('你在别处打开了游戏')
    await tab.press('在这里继续')
    await tab.misses('你在别处打开了游戏')
    await elsewhere.sees('你在别处打开了游戏')
  }
  await openElsewhere()
  await hostRoom(tab)
  await openElsewhere()
  await tab.press('关闭房间')
  await tab.ready()
})

test('a page of a match that does not exist leads home, and so does the page of a share in the timeline', async () => {
  const tab = await preview.open()
  await tab.ready()
  for (const query of ['', '?shared=%E6%88%91%E8%B5%A2%E4%BA%86']) {
    await tab.page.evaluate(`wx.navigateTo({ url: '/pages/match/match${query}' })`)
    await tab.sees(query ? '我赢了' : '现在没有对局')
    await tab.press('返回首页')
    await tab.ready()
  }
})

test('without a network a search pauses, and can be ended', async () => {
  const tab = await preview.open()
  tab.expects(/ERR_INTERNET_DISCONNECTED/)
  await tab.press('排位赛')
  await tab.sees('不想等？先玩别的')
  await tab.page.context().setOffline(true)
  await tab.sees('没有网络')
  const search = tab.page.locator('page:not([hidden]) .search')
  const before = await search.innerText()
  await tab.page.waitForTimeout(2500)
  expect(await search.innerText()).toBe(before)
  expect(await tab.page.getByRole('button', { name: '休闲赛' }).isDisabled()).toBe(true)
  await tab.press('取消')
  await search.waitFor({ state: 'detached' })
  await tab.page.context().setOffline(false)
  await tab.ready()
  expect(await tab.page.evaluate('getApp().game.snapshot.search')).toBeNull()
})

test('a room code that does not exist, and a name that is not allowed, are reported in sentences of their own', async () => {
  const tab = await preview.open()
  await tab.ready()
  tab.expects(/status of 400/)
  await join(tab, '333333')
  await tab.page.getByText('没有这个房间，请核对房间码').waitFor()
  const name = tab.page.getByRole('textbox', { name: '昵称' })
  const before = await name.inputValue()
  await name.fill('管理员')
  await name.press('Enter')
  await tab.page.getByText('这个昵称不能用，请换一个').waitFor()
  await expect.poll(() => name.inputValue()).toBe(before)
})

test('without a network the hands, the buttons and the clock stop, and the page says since when', async () => {
  const [ann, bob] = await preview.pair()
  ann.expects(/ERR_INTERNET_DISCONNECTED/)
  await ann.press('表情')
  await ann.page.context().setOffline(true)
  await ann.sees('起）')
  expect(await ann.page.getByRole('timer').innerText()).toBe('')
  expect(await ann.page.getByRole('button', { name: '石头', exact: true }).getAttribute('aria-disabled')).toBe('true')
  // Without a network, the forfeit would fail each time, so the button is off.
  for (const name of ['离开', '表情']) expect(await ann.page.getByRole('button', { name, exact: true }).isDisabled(), name).toBe(true)
  expect(await ann.page.getByRole('group', { name: '表情' }).count()).toBe(0)
  await ann.page.context().setOffline(false)
  await Promise.all([ann.press('石头'), bob.press('剪刀')])
  await ann.score(1, 0)
})

test('spectators see names, results and how the match ends', async () => {
  const [host, guest, third] = await Promise.all([preview.open(), preview.open(), preview.open()])
  const code = await hostRoom(host)
  await join(guest, code)
  await host.sees('请出拳')
  await join(third, code)
  await third.sees('观战中')
  await Promise.all([host.sees('1 人观战'), third.sees('1 人观战')])
  const name = await host.page.evaluate<string>('getApp().game.me.nickname')
  await Promise.all([host.press('石头'), guest.press('剪刀')])
  await third.sees('赢了这一局')
  await Promise.all([host.press('石头'), guest.press('剪刀')])
  await third.page.getByRole('heading', { name: / 赢了$/ }).waitFor()
  expect(await third.page.getByText(name.slice(0, 5)).count()).toBeGreaterThan(0)
  await third.shot('spectator')
})

test('the rules are on the first screen until they have been read, and under the question mark after that', async () => {
  const tab = await preview.open()
  await tab.sees('石头胜剪刀')
  await tab.press('知道了')
  await tab.misses('石头胜剪刀')
  await tab.page.reload()
  await tab.ready()
  expect(await tab.page.getByText('石头胜剪刀').count()).toBe(0)
  await tab.press('玩法')
  await tab.sees('石头胜剪刀')
  await tab.press('知道了')
  await tab.ready()
})

test('a phone in another language than Chinese gets English; sound is off until it is turned on, and stays on', async () => {
  const tab = await preview.open({ locale: 'fr-FR' })
  await tab.sees('Casual')
  await tab.press('Sound: off')
  await tab.sees('Sound: on')
  await tab.page.reload()
  await tab.sees('Sound: on')
})

test('the result can be shared with a picture of our own', async () => {
  const [ann, bob] = await preview.pair()
  await playOut(ann, bob)
  const shared = await ann.page.evaluate<{ title: string; imageUrl: string }[]>(`(async () => {
    const page = getCurrentPages().at(-1)
    return [page.onShareAppMessage({}), page.onShareTimeline()]
  })()`)
  for (const { title, imageUrl } of shared)
    expect({ title, imageUrl }).toEqual({ title: expect.stringMatching(/^我 2 : 0 赢了 /), imageUrl: expect.stringMatching(/\.png$/) })
  await ann.press('分享战绩')
  await ann.page.getByText('链接已复制').waitFor()
})
