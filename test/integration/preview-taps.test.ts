import { expect, test } from 'vitest'
import type { Tab } from '../support/browser.ts'
import { hostRoom, playOut, usePreview } from '../support/preview.ts'

const preview = usePreview()

interface Point {
  x: number
  y: number
}
const boxOf = async (tab: Tab, name: string) =>
  (await tab.page.getByRole('button', { name, exact: true }).boundingBox()) ?? expect.unreachable()

/** A point on both buttons: one of them is on the page that the other one opens. */
function commonPoint(one: Awaited<ReturnType<typeof boxOf>>, two: Awaited<ReturnType<typeof boxOf>>): Point {
  const middle = (from: number, length: number, other: number, otherLength: number): number => {
    const [low, high] = [Math.max(from, other), Math.min(from + length, other + otherLength)]
    expect(low, 'the two buttons overlap').toBeLessThan(high)
    return (low + high) / 2
  }
  return { x: middle(one.x, one.width, two.x, two.width), y: middle(one.y, one.height, two.y, two.height) }
}

/** Taps, and taps once more shortly after the next page has opened, as the second tap of a double tap may. */
async function doubleTap(tab: Tab, { x, y }: Point): Promise<void> {
  const path = (): Promise<string> => tab.page.evaluate<string>('getCurrentPages().at(-1).route')
  const before = await path()
  await tab.page.mouse.click(x, y)
  await expect.poll(path, { interval: 10 }).not.toBe(before)
  await tab.page.waitForTimeout(100)
  await tab.page.mouse.click(x, y)
}

test('a double tap on New opponent searches for one, and does not end the search', async () => {
  const [ann, bob] = await preview.pair()
  await playOut(ann, bob)
  const button = await boxOf(bob, '换个对手')
  await ann.press('返回首页')
  await ann.press('休闲赛')
  const place = commonPoint(button, await boxOf(ann, '取消'))
  await ann.press('取消')
  await doubleTap(bob, place)
  await bob.sees('正在寻找对手')
  await bob.page.waitForTimeout(1000)
  await bob.sees('正在寻找对手')
})

test('a double tap on the button that joins a room plays no hand', async () => {
  const [host, guest] = await Promise.all([preview.open(), preview.open()])
  const code = await hostRoom(host)
  await guest.ready()
  await guest.press('知道了')
  await guest.page.getByRole('textbox', { name: '输入房间码' }).fill(code)
  const join = await boxOf(guest, '加入')
  const other = await preview.open()
  await other.press('和机器人练习')
  await other.sees('请出拳')
  const place = commonPoint(join, await boxOf(other, '布'))
  await doubleTap(guest, place)
  await guest.page.waitForTimeout(300)
  expect(await guest.page.evaluate('[getApp().game.match.round, getApp().game.snapshot.move]')).toEqual([1, null])
  await guest.press('布')
  await guest.sees('已出拳，等待')
})

test('a double tap on the button that ends a search starts nothing else', async () => {
  const tab = await preview.open()
  await tab.ready()
  await tab.press('知道了')
  await tab.press('排位赛')
  const cancel = await boxOf(tab, '取消')
  await tab.press('取消')
  const { x, y } = commonPoint(cancel, await boxOf(tab, '邀请好友'))
  await tab.press('排位赛')
  await tab.page.getByRole('button', { name: '取消', exact: true }).click({ trial: true })
  await tab.page.mouse.click(x, y)
  await tab.page.waitForTimeout(100)
  await tab.page.mouse.click(x, y)
  await tab.page.waitForTimeout(500)
  expect(await tab.page.evaluate('[getCurrentPages().length, getApp().game.snapshot.search, getApp().game.match]')).toEqual([1, null, null])
})
