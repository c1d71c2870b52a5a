import { expect, test } from 'vitest'
import type { Move } from '../../client-sdk/src/protocol.ts'
import type { Tab } from '../support/browser.ts'
import { TestPlayer } from '../support/player.ts'
import { hostRoom, playOut, usePreview } from '../support/preview.ts'

const preview = usePreview()

let opponents = 0

/** A room of the tab with an opponent who moves as soon as a round is known: a plain client, which needs no reveal. */
async function quickOpponent(tab: Tab, moves: Move[]): Promise<TestPlayer> {
  const opponent = await TestPlayer.join(
    `quick-${process.pid}-${++opponents}`,
    preview.cluster.nodes[0]?.url ?? '',
    {},
    preview.cluster.nodes[0]?.url,
  )
  const { match } = await opponent.request('room:join', { code: await hostRoom(tab) })
  opponent.play(match.id, (view) => moves[view.round - 1] ?? 'scissors').catch(() => undefined)
  await tab.sees('请出拳')
  return opponent
}

/** From now on, notes frame by frame how long both hands are shown, which hands they are, and when the result can be acted on. */
const WATCH_HANDS = `
  globalThis.reveals = []
  let current = null
  const look = () => {
    const page = document.querySelector('page:not([hidden])')
    const hands = [...page.querySelectorAll('.board img')].map(({ alt }) => alt).filter(Boolean)
    const over = [...page.querySelectorAll('button')].some(({ textContent }) => textContent.includes('再来一局'))
    const key = hands.length === 2 && !over ? hands.join() : null
    if (key !== (current && current.hands)) {
      if (current) current.ms = performance.now() - current.since
      current = key && { hands: key, since: performance.now(), ms: 0 }
      if (current) globalThis.reveals.push(current)
    }
    requestAnimationFrame(look)
  }
  look()`

test('both hands of every round are shown for 1.5 s or longer, whatever the opponent does', async () => {
  const tab = await preview.open()
  const opponent = await quickOpponent(tab, ['rock', 'scissors', 'scissors'])
  await tab.page.evaluate(WATCH_HANDS)
  for (let round = 0; round < 3; round += 1) await tab.press('石头')
  await tab.sees('你赢了！')
  const reveals = await tab.page.evaluate<{ hands: string; ms: number }[]>('reveals')
  expect(reveals.map(({ hands }) => hands)).toEqual(['石头,石头', '石头,剪刀', '石头,剪刀'])
  for (const { hands, ms } of reveals) expect(ms, hands).toBeGreaterThanOrEqual(1500)
  opponent.close()
})

test('a finger that taps without pause plays one move in each round that was seen, and nothing after the end', async () => {
  // The buttons of the result are in the place of the hands.
  const tab = await preview.open({ viewport: { width: 320, height: 568 } })
  const opponent = await quickOpponent(tab, ['scissors', 'rock', 'scissors'])
  const box = (await tab.page.getByRole('button', { name: '石头', exact: true }).boundingBox()) ?? expect.unreachable()
  const finger = { x: box.x + box.width / 2, y: box.y + box.height / 4 }
  let ended = false
  const tapping = (async () => {
    while (!ended) await tab.page.mouse.click(finger.x, finger.y, { clickCount: 2, delay: 20 })
  })()
  await opponent.until(() => opponent.current?.status === 'finished', 'the end')
  const again = tab.page.getByRole('button', { name: '再来一局' })
  await again.waitFor()
  const below = (await again.boundingBox()) ?? expect.unreachable()
  expect(Math.abs(below.y + below.height / 2 - finger.y), 'the button is where the hand was').toBeLessThan(below.height / 2)
  await tab.page.waitForTimeout(800)
  ended = true
  await tapping
  // Each round after the first was decided no earlier than its reveal allowed.
  const decidedAt = new Map<number, number>()
  for (const { lastRound, serverTime } of opponent.views)
    if (lastRound && !decidedAt.has(lastRound.round)) decidedAt.set(lastRound.round, serverTime)
  const times = [...decidedAt.values()]
  expect(times.length).toBeGreaterThan(1)
  for (const [at, time] of times.slice(1).entries()) expect(time - (times[at] ?? 0)).toBeGreaterThanOrEqual(1800)
  // The page still shows the result, and no rematch was asked for.
  await again.waitFor()
  expect(opponent.current?.rematch).toBeUndefined()
  opponent.close()
})

test('the first tap of a double tap decides the round, and the second one does nothing', async () => {
  const tab = await preview.open()
  const opponent = await quickOpponent(tab, ['paper'])
  await tab.page.getByRole('button', { name: '石头', exact: true }).dblclick()
  await opponent.until(() => opponent.current?.lastRound?.round === 1, 'the first round')
  await tab.page.waitForTimeout(600)
  const { move, moved } = await tab.page.evaluate<{ move: string | null; moved: boolean }>(`(() => {
    const { move, match, seat } = getApp().game.snapshot
    return { move, moved: match.seats[seat].moved }
  })()`)
  expect({ move, moved }).toEqual({ move: null, moved: false })
  opponent.close()
})

test.each([100, 300])('a double tap on the button that begins another match plays no hand, with %i ms between the taps', async (ms) => {
  // The hands are in the place of the button here.
  const [ann, bob] = await preview.pair({ viewport: { width: 320, height: 568 } })
  await playOut(ann, bob)
  await ann.press('再来一局')
  const accept = bob.page.getByRole('button', { name: '接受', exact: true })
  const button = (await accept.boundingBox()) ?? expect.unreachable()
  const finger = { x: button.x + button.width / 2, y: button.y + button.height / 2 }
  await bob.page.mouse.click(finger.x, finger.y)
  await bob.page.waitForTimeout(ms)
  await bob.page.mouse.click(finger.x, finger.y)
  await bob.sees('请出拳')
  const hand = (await bob.page.getByRole('button', { name: '石头', exact: true }).boundingBox()) ?? expect.unreachable()
  expect(hand.y < finger.y && finger.y < hand.y + hand.height, 'the hand is where the button was').toBe(true)
  expect(await bob.page.evaluate('getApp().game.snapshot.move')).toBeNull()
  await Promise.all([ann.press('石头'), bob.press('剪刀')])
  await Promise.all([ann.score(1, 0), bob.score(0, 1)])
})

test('a drawn round is played again under its number, and the hands are in the order in which people say them', async () => {
  const [ann, bob] = await preview.pair()
  expect(await ann.page.locator('page:not([hidden]) .choices button').allInnerTexts()).toEqual(['石头', '剪刀', '布'])
  await Promise.all([ann.press('布'), bob.press('布')])
  await ann.sees('平局，再来')
  await ann.page.getByRole('heading', { name: '第 1 局', exact: true }).waitFor()
  await ann.page.getByRole('heading', { name: '第 1 局 · 重来' }).waitFor()
  await Promise.all([ann.press('布'), bob.press('石头')])
  await ann.page.getByRole('heading', { name: '第 2 局', exact: true }).waitFor()
})

test('a player who has missed a round is warned before the next one loses them the match', async () => {
  const [ann, bob] = await preview.pair()
  await ann.press('石头')
  await bob.sees('你超时未出拳，这一局输了')
  await ann.sees('超时未出拳，这一局你赢了')
  await bob.sees('再错过一局就判负')
  await bob.shot('warned')
  await bob.press('布')
  await bob.misses('再错过一局就判负')
})

test('emotes are pictures that do not cover the hands; Escape and a tap elsewhere close them; they work after the match', async () => {
  const [ann, bob] = await preview.pair({ viewport: { width: 320, height: 568 } })
  const toggle = ann.page.getByRole('button', { name: '表情' })
  const panel = ann.page.getByRole('group', { name: '表情' })
  await toggle.click()
  const [over, hands] = await Promise.all([panel.boundingBox(), ann.page.locator('page:not([hidden]) .choices').boundingBox()])
  expect((over?.y ?? 0) + (over?.height ?? 0)).toBeLessThanOrEqual(hands?.y ?? 0)
  await ann.page.keyboard.press('Escape')
  await panel.waitFor({ state: 'detached' })
  await toggle.click()
  await ann.page.getByRole('timer').click()
  await panel.waitFor({ state: 'detached' })
  await toggle.click()
  // A tap on a hand is a tap outside of the panel, and it plays the hand.
  await ann.press('石头')
  await panel.waitFor({ state: 'detached' })
  await ann.sees('已出拳，等待')
  await bob.press('剪刀')
  await ann.score(1, 0)
  await Promise.all([ann.press('石头'), bob.press('剪刀')])
  await ann.sees('你赢了！')
  await toggle.click()
  await ann.press('打得好')
  await bob.sees('打得好')
  await bob.shot('emote-after')
})

/** The names in both languages are as long as generated ones: English sentences with them take two lines. */
const RESULT = {
  'zh-CN': {
    ranked: '排位赛',
    choose: '请出拳',
    rock: '石头',
    scissors: '剪刀',
    again: '再来一局',
    buttons: ['再来一局', '换个对手', '表情', '分享战绩', '返回首页'],
    rating: '（+',
    met: '你对',
    wish: '想再来一局',
    accept: '接受',
  },
  'en-US': {
    ranked: 'Ranked',
    choose: 'Choose your hand',
    rock: 'Rock',
    scissors: 'Scissors',
    again: 'Play again',
    buttons: ['Play again', 'New opponent', 'Emotes', 'Share', 'Home'],
    rating: '(+',
    met: 'vs ',
    wish: 'wants to play again',
    accept: 'Accept',
  },
}

test.each(['zh-CN', 'en-US'] as const)(
  'the result and all its buttons are visible on a small screen, and later changes do not move them, in %s',
  async (locale) => {
    const words = RESULT[locale]
    const options = { locale, viewport: { width: 320, height: 568 } }
    const [ann, bob] = await Promise.all([preview.open(options), preview.open(options)])
    await Promise.all([ann.press(words.ranked), bob.press(words.ranked)])
    await Promise.all([ann.sees(words.choose), bob.sees(words.choose)])
    for (const wins of [1, 2]) {
      await Promise.all([ann.press(words.rock), bob.press(words.scissors)])
      await ann.score(wins, 0)
    }
    const again = (tab: Tab) => tab.page.getByRole('button', { name: words.again, exact: true })
    await Promise.all([again(ann).waitFor(), again(bob).waitFor()])
    const places = (tab: Tab, names = words.buttons) =>
      Promise.all(names.map((name) => tab.page.getByRole('button', { name, exact: true }).boundingBox()))
    const before = await places(bob)
    for (const [at, box] of [...before, ...(await places(ann))].entries())
      expect((box?.y ?? 0) + (box?.height ?? 1e9), words.buttons[at % words.buttons.length]).toBeLessThanOrEqual(568)
    await Promise.all([ann.sees(words.rating), bob.sees(words.met)])
    expect(await places(bob), 'with the new rating and the record against the opponent').toEqual(before)
    await Promise.all([ann.shot(`320-won-${locale}`), bob.shot(`320-lost-${locale}`)])
    await again(ann).click()
    await bob.sees(words.wish)
    expect(await places(bob, [words.accept, ...words.buttons.slice(1)]), "with the opponent's rematch request").toEqual(before)
    await bob.shot(`320-wish-${locale}`)
  },
)
