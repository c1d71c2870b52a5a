import axe from 'axe-core'
import { expect, test } from 'vitest'
import type { Tab } from '../support/browser.ts'
import { setVisible, usePreview } from '../support/preview.ts'

const preview = usePreview()

const WORDS = {
  'zh-CN': {
    gotIt: '知道了',
    rules: '玩法',
    ranked: '排位赛',
    elsewhere: '不想等',
    choose: '请出拳',
    rock: '石头',
    scissors: '剪刀',
    paper: '布',
    chosen: '已出拳，等待',
    moved: '已出拳，请出拳',
    wonRound: '这一局你赢了',
    drawn: '平局，再来',
    warned: '再错过一局就判负',
    emotes: '表情',
    won: '你赢了！',
    again: '再来一局',
    stop: '不等了',
    wish: '想再来一局',
    no: '不了',
    yes: '接受',
    home: '返回首页',
    ok: '确定',
    running: '还在进行',
    leave: '离开',
    ended: '上一场对局已结束',
    invite: '邀请好友',
    code: '输入房间码',
    join: '加入',
    back: '回到游戏',
    watching: '观战中',
    close: '关闭房间',
    closed: '房间已关闭',
  },
  'en-US': {
    gotIt: 'Got it',
    rules: 'Rules',
    ranked: 'Ranked',
    elsewhere: 'Rather not wait',
    choose: 'Choose your hand',
    rock: 'Rock',
    scissors: 'Scissors',
    paper: 'Paper',
    chosen: 'Waiting for',
    moved: 'has chosen',
    wonRound: 'You won this round',
    drawn: 'Drawn',
    warned: 'Miss again and you lose',
    emotes: 'Emotes',
    won: 'You won!',
    again: 'Play again',
    stop: 'Stop waiting',
    wish: 'wants to play again',
    no: 'No thanks',
    yes: 'Accept',
    home: 'Home',
    ok: 'OK',
    running: 'goes on',
    leave: 'Leave',
    ended: 'Your last match is over',
    invite: 'Invite a friend',
    code: 'Enter a room code',
    join: 'Join',
    back: 'back in the game',
    watching: 'Watching',
    close: 'Close the room',
    closed: 'The room is closed',
  },
}

/** Everything that the pages can say about a match, one state after another. */
test.each([
  ['zh-CN', 'light'],
  ['en-US', 'dark'],
] as const)(
  'each state of a match fits into 320 px and has no findings of axe in %s and in the %s',
  async (locale, colorScheme) => {
    const words = WORDS[locale]
    // An element that moves is half transparent for a moment, and its contrast would be measured then.
    const options = { locale, colorScheme, viewport: { width: 320, height: 568 }, reducedMotion: 'reduce' } as const
    const [ann, bob, third] = await Promise.all([preview.open(options), preview.open(options), preview.open(options)])
    for (const tab of [ann, bob, third]) await tab.page.evaluate(axe.source)
    const look = async (tab: Tab, name: string): Promise<void> => {
      await tab.shot(`state-${locale}-${colorScheme}-${name}`)
      expect(await tab.overflowing(), name).toEqual([])
      const findings = await tab.page.evaluate<string[]>(
        `axe.run(document, { resultTypes: ['violations'] })
          .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html)))`,
      )
      expect(findings, name).toEqual([])
    }
    const answer = (tab: Tab, name: string): Promise<void> =>
      tab.page.getByRole('dialog').getByRole('button', { name, exact: true }).click()
    const play = (mine: string, theirs: string) => Promise.all([ann.press(mine), bob.press(theirs)])

    await ann.ready()
    await look(ann, 'first-start')
    await ann.press(words.gotIt)
    await look(ann, 'home')
    await ann.press(words.rules)
    await look(ann, 'rules')
    await ann.press(words.gotIt)
    await ann.press(words.ranked)
    await ann.sees(words.elsewhere)
    await look(ann, 'searching')

    await bob.press(words.ranked)
    await Promise.all([ann.sees(words.choose), bob.sees(words.choose)])
    await look(ann, 'open')
    await ann.press(words.rock)
    await ann.sees(words.chosen)
    await look(ann, 'chosen')
    await bob.sees(words.moved)
    await look(bob, 'opponent-chosen')
    await bob.press(words.scissors)
    await ann.sees(words.wonRound)
    await look(ann, 'revealed')
    await play(words.paper, words.paper)
    await bob.sees(words.drawn)
    await look(bob, 'drawn')
    // One of them misses a round.
    await bob.press(words.paper)
    await ann.sees(words.warned)
    await look(ann, 'warned')
    await play(words.rock, words.scissors)
    await ann.sees(words.won)
    await bob.page.getByRole('button', { name: words.again }).waitFor()
    await look(ann, 'won')
    await look(bob, 'lost')
    await ann.press(words.emotes)
    await look(ann, 'emotes')
    await ann.press(words.emotes)

    await ann.press(words.again)
    await ann.sees(words.stop)
    await look(ann, 'asked')
    await bob.sees(words.wish)
    await look(bob, 'offered')
    await ann.press(words.stop)
    await bob.press(words.home)
    await ann.press(words.again)
    await bob.page.getByRole('dialog', { name: words.wish }).waitFor()
    await look(bob, 'wish-anywhere')
    await answer(bob, words.yes)
    await Promise.all([ann.score(0, 0), bob.score(0, 0)])

    await bob.page.locator('.bar-back').click()
    await bob.page.getByRole('dialog').waitFor()
    await look(bob, 'back-warning')
    await answer(bob, words.ok)
    await bob.sees(words.running)
    await look(bob, 'home-running')
    await ann.press(words.leave)
    await answer(ann, words.leave)
    await bob.sees(words.ended)
    await look(bob, 'home-ended')

    await ann.press(words.invite)
    const code = (await ann.page.locator('page:not([hidden]) .letters').getAttribute('aria-label')) ?? ''
    await look(ann, 'room')
    const join = async (tab: Tab): Promise<void> => {
      await tab.page.getByRole('textbox', { name: words.code }).fill(code)
      await tab.press(words.join)
    }
    await setVisible(ann, false)
    await join(bob)
    await bob.sees(words.back)
    await look(bob, 'both-in-room')
    await setVisible(ann, true)
    await Promise.all([ann.score(0, 0), bob.score(0, 0)])
    await join(third)
    await third.sees(words.watching)
    await look(third, 'watching')
    await play(words.rock, words.scissors)
    await play(words.rock, words.scissors)
    await third.page.getByRole('button', { name: words.home }).waitFor()
    await look(third, 'watched')
    await ann.page.context().setOffline(true)
    ann.expects(/ERR_INTERNET_DISCONNECTED/)
    await ann.page
      .locator('page:not([hidden]) [role="status"]')
      .filter({ hasText: /\d\d:\d\d/ })
      .waitFor()
    await look(ann, 'offline')
  },
  180_000,
)
