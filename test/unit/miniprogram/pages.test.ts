import { expect, test, vi } from 'vitest'
import { bannerText, watchConnection } from '../../../miniprogram/services/banner.ts'
import { changesOf } from '../../../miniprogram/services/changes.ts'
import { EagerFinger } from '../../../miniprogram/services/eager-finger.ts'
import { homeView, LONG_SEARCH_MS, waitView } from '../../../miniprogram/services/home-view.ts'
import { MatchFeeling } from '../../../miniprogram/services/match-feeling.ts'
import { roomView } from '../../../miniprogram/services/room-view.ts'
import { textsFor } from '../../../miniprogram/services/texts.ts'
import { snapshotOf, view } from '../../support/match-view.ts'

const zh = textsFor('zh_CN')

test('a match that runs without the player is on the home page with its consequence', () => {
  expect(homeView(snapshotOf(view(), 0), '', zh)).toMatchObject({
    resume: 'playing',
    resumeHint: '和 bob 的对局还在进行，连续两局不出拳就会判负',
  })
  expect(homeView(snapshotOf(view(), null), '', zh).resume).toBe('')
})

test('nothing can be started while the banner is shown', () => {
  const snapshot = { ...snapshotOf(null, null), me: view().seats[0]?.player ?? null }
  expect(['', 'away'].map((banner) => homeView(snapshot, banner, zh).ready)).toEqual([true, false])
})

test.each([
  ['ranked', ['casual', 'practice']],
  ['casual', ['practice']],
  ['practice', []],
] as const)('a long search for a %s match offers modes that need no other player', (mode, elsewhere) => {
  const search = { mode, since: 0 }
  expect(waitView(search, LONG_SEARCH_MS - 1, zh).elsewhere).toEqual([])
  expect(waitView(search, LONG_SEARCH_MS, zh)).toEqual({ waited: '8 秒', elsewhere })
})

test('a room says which players are there, and when it has closed without a match', () => {
  const { seats } = view()
  const waiting = { status: 'waiting', mode: 'room', round: 0, deadlineAt: null, code: 'ACDEFG' } as const
  const alone = view({ ...waiting, seats: seats.slice(0, 1) })
  expect(roomView(snapshotOf(alone, 0), '', zh)).toMatchObject({
    state: 'inviting',
    heading: zh.waiting,
    places: [{ name: 'ann', ready: '' }, { empty: true }],
  })
  const both = view({ ...waiting, ready: [false, true] })
  expect(roomView(snapshotOf(both, 1), '', zh)).toMatchObject({
    state: 'both',
    heading: '等待 ann',
    hint: '等 ann 回到游戏，就开始第一局',
    places: [{ ready: zh.notReady }, { ready: zh.ready }],
  })
  expect(roomView(snapshotOf(view({ ...waiting, status: 'finished' }), 0), '', zh)).toMatchObject({ state: 'over', heading: zh.roomOver })
})

test('the banner says since when the server is away', () => {
  const away = { ...snapshotOf(null, null), connection: { status: 'offline', error: null, reason: null, failures: 0 } as const }
  watchConnection({ subscribe: (listener) => (listener(away, () => undefined), () => undefined) })
  expect(bannerText(away, zh)).toMatch(/^没有网络，恢复后自动继续（\d\d:\d\d 起）$/)
})

test('pages are updated with changed fields only', () => {
  expect(changesOf({ a: 1, b: { c: [1] }, d: '' }, { a: 1, b: { c: [2] }, d: '' })).toEqual({ b: { c: [2] } })
})

test('each moment of a match is felt once, and no earlier one', () => {
  const felt: string[] = []
  const note = (name: string) => () => void felt.push(name)
  const feeling = new MatchFeeling({
    found: note('found'),
    tapped: note('tapped'),
    counting: note('count'),
    revealed: note('reveal'),
    hurry: note('hurry'),
    warned: note('warned'),
    ended: (outcome) => void felt.push(outcome),
  })
  const seen = { shown: true, warns: false, outcome: '' } as const
  feeling.take({ ...seen, phase: 'reveal' })
  for (const phase of ['open', 'count', 'count', 'reveal'] as const) feeling.take({ ...seen, phase })
  for (let times = 0; times < 2; times += 1) feeling.take({ ...seen, phase: 'over', outcome: 'win' })
  expect(felt).toEqual(['count', 'reveal', 'win'])
})

test('taps that continue after the end mean nothing until the finger has paused', () => {
  vi.useFakeTimers({ now: 1_000_000 })
  const finger = new EagerFinger()
  finger.tapped()
  vi.advanceTimersByTime(300)
  finger.finished()
  const taps = [300, 300, 300, 800].map((ms) => {
    vi.advanceTimersByTime(ms)
    return finger.isMeant()
  })
  expect(taps).toEqual([false, false, false, true])
  vi.useRealTimers()
})
