import axe from 'axe-core'
import { expect, test } from 'vitest'
import type { Tab } from '../support/browser.ts'
import { hostRoom, playOut, setVisible, usePreview } from '../support/preview.ts'

/** How long a host is away, ms: a started match would have ended by missed rounds by then. */
const AWAY_MS = 30_000

/** Longer than the page's own reveal of a round, ms. */
const REVEAL_MS = 4000

const preview = usePreview({ env: { READY_MS: `${AWAY_MS + 4000}`, REVEAL_MS: `${REVEAL_MS}` } })

/** A room of the first tab, whose host goes away before the second tab joins. */
async function hostGoesAway(host: Tab, guest: Tab): Promise<void> {
  const code = await hostRoom(host)
  await setVisible(host, false)
  await guest.ready()
  await guest.page.getByRole('textbox', { name: '输入房间码' }).fill(code)
  await guest.press('加入')
  await guest.sees('还没回来')
}

test('a host who is in the background for 30 s loses nothing, with a connection or without one', async () => {
  const away = async (connected: boolean): Promise<void> => {
    const [host, guest] = await Promise.all([preview.open(), preview.open()])
    await hostGoesAway(host, guest)
    host.expects(/ERR_INTERNET_DISCONNECTED/)
    // WeChat may leave an app in the background without a network.
    await host.page.context().setOffline(!connected)
    await guest.page.waitForTimeout(AWAY_MS)
    await guest.sees('还没回来')
    await host.page.context().setOffline(false)
    await setVisible(host, true)
    await Promise.all([host.sees('请出拳'), guest.sees('请出拳')])
    await Promise.all([host.score(0, 0), guest.score(0, 0)])
    await playOut(host, guest)
  }
  await Promise.all([away(true), away(false)])
}, 90_000)

test('a room whose host does not come back closes without a loss; both players see the reason, and can continue from there', async () => {
  const options = { viewport: { width: 320, height: 568 }, reducedMotion: 'reduce' } as const
  const [host, guest] = await Promise.all([preview.open(options), preview.open(options)])
  await hostGoesAway(host, guest)
  await guest.page.getByRole('heading', { name: '房间已关闭' }).waitFor({ timeout: AWAY_MS + 10_000 })
  await guest.sees('这一场没有开始，不算输赢')
  await guest.shot('room-closed')
  expect(await guest.overflowing()).toEqual([])
  await guest.page.evaluate(axe.source)
  const findings = await guest.page.evaluate<string[]>(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.map(({ id }) => id))`,
  )
  expect(findings).toEqual([])
  await guest.press('返回首页')
  await guest.ready()
  await guest.sees('0 胜 0 负 0 平')
  await setVisible(host, true)
  await host.page.getByRole('heading', { name: '房间已关闭' }).waitFor()
  await host.press('再开一个房间')
  await host.sees('等待好友加入')
}, 90_000)

test('the page accepts no hand before the server opens the round, and the clock then begins with the whole round', async () => {
  const [ann, bob] = await preview.pair()
  await Promise.all([ann.press('石头'), bob.press('剪刀')])
  await ann.score(1, 0)
  const hand = ann.page.getByRole('button', { name: '石头', exact: true })
  expect(await hand.getAttribute('aria-disabled')).toBe('true')
  await ann.page.locator('page:not([hidden]) .choices [aria-disabled="false"]').first().waitFor()
  const { late, left } = await ann.page.evaluate<{ late: number; left: number }>(`(() => {
    const { match } = getApp().game
    return { late: getApp().game.serverNow() - match.opensAt, left: match.deadlineAt - match.opensAt }
  })()`)
  // The client's estimate of the server's clock changes slightly with each message.
  expect(late).toBeGreaterThan(-50)
  expect(late).toBeLessThan(1500)
  expect(left).toBe(10_000)
  await ann.page.getByRole('timer').getByText('10 秒').waitFor()
})
