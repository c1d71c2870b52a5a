import { expect, test } from 'vitest'
import type { GameSnapshot, MatchResult, MatchView, Move, RoundView } from '../../../client-sdk/src/index.ts'
import { noticeOf } from '../../../miniprogram/services/absence.ts'
import { matchPageView, stageOf } from '../../../miniprogram/services/match-view.ts'
import type { Phase } from '../../../miniprogram/services/reveal.ts'
import { fill, textsFor } from '../../../miniprogram/services/texts.ts'
import { snapshotOf, view } from '../../support/match-view.ts'

const zh = textsFor('zh_CN')

/** The fields that the page shows. `phase`: the phase of the reveal; by default, that of the match. */
function seen(match: MatchView | null, seat: 0 | 1 | null, { move = null, phase }: { move?: Move | null; phase?: Phase } = {}) {
  const snapshot: GameSnapshot = snapshotOf(match, seat, move)
  return matchPageView(snapshot, zh, phase ? { match, phase } : stageOf(snapshot))
}
const ended = (result: MatchResult) => view({ status: 'finished', result })

test.each([
  [{ winner: 0, reason: 'forfeit' }, 'bob 离开了对局', '你离开了对局', 'bob 离开了对局'],
  [{ winner: 0, reason: 'no_show' }, 'bob 连续两局没有出拳', '你连续两局没有出拳', 'bob 连续两局没有出拳'],
  [{ winner: null, reason: 'no_show' }, '双方连续两局都没有出拳', '双方连续两局都没有出拳', '双方连续两局都没有出拳'],
  [{ winner: 0, reason: 'max_rounds' }, '打满了局数', '打满了局数', '打满了局数'],
] as [MatchResult, string, string, string][])(
  '%o is explained to the winner, the loser and a spectator',
  (result, winner, loser, spectator) => {
    expect([0, 1, null].map((seat) => seen(ended(result), seat as 0 | 1 | null).reason)).toEqual([winner, loser, spectator])
  },
)

test('the result names the winner to a spectator', () => {
  expect([0, 1, null].map((seat) => seen(ended({ winner: 0, reason: 'score' }), seat as 0 | 1 | null).verdict)).toEqual([
    zh.won,
    zh.lost,
    'ann 赢了',
  ])
})

test("the opponent's hand is hidden until both have moved, and never shown before", () => {
  expect(seen(view({}, [false, true]), 0)).toMatchObject({
    mine: { hand: 'none' },
    theirs: { hand: 'hidden' },
    hint: fill(zh.theyMoved, 'bob'),
    open: true,
  })
  expect(seen(view({}, [true, false]), 0, { move: 'rock' })).toMatchObject({
    mine: { hand: 'rock' },
    theirs: { hand: 'none' },
    hint: fill(zh.chosen, 'bob'),
    open: false,
    chosen: 'rock',
  })
  expect(seen(view({}, [true, true]), null)).toMatchObject({ mine: { hand: 'hidden' }, theirs: { hand: 'hidden' }, watching: true })
})

const decided = (change: Partial<RoundView> = {}): Partial<MatchView> => ({
  lastRound: { round: 1, moves: ['rock', 'scissors'], winner: 0, reason: 'moves', ...change },
  round: 2,
})

test('the reveal shows both hands and their results, and accepts no hand; then the next round begins without hands', () => {
  const match = view(decided(), [false, false], [1, 0])
  expect(seen(match, 1, { phase: 'reveal' })).toMatchObject({
    mine: { hand: 'scissors', fate: 'lost' },
    theirs: { hand: 'rock', fate: 'won' },
    hint: zh.youLostRound,
    open: false,
    heading: '第 1 局',
  })
  expect(seen(match, 1)).toMatchObject({
    mine: { hand: 'none', fate: '' },
    theirs: { hand: 'none', fate: '' },
    open: true,
    heading: '第 2 局',
  })
})

test('while the fists are counted in, neither hands nor score show who has won', () => {
  expect(seen(view(decided(), [false, false], [1, 0]), 0, { phase: 'count' })).toMatchObject({
    mine: { hand: 'rock', fate: '', score: 0 },
    theirs: { hand: 'rock', fate: '', score: 0 },
    hint: zh.countIn,
    open: false,
  })
})

test.each([
  ['a drawn round', { moves: ['rock', 'rock'], winner: null }, zh.drawnRound, zh.drawnRound],
  ['a round that both missed', { moves: [null, null], winner: null, reason: 'timeout' }, zh.bothMissed, zh.bothMissed],
  ['a round that one missed', { moves: ['rock', null], winner: 0, reason: 'timeout' }, fill(zh.theyMissed, 'bob'), zh.missed],
] as [string, Partial<RoundView>, string, string][])('%s has its own text', (_, round, first, second) => {
  const match = view(decided(round))
  expect([0, 1].map((seat) => seen(match, seat as 0 | 1, { phase: 'reveal' }).hint)).toEqual([first, second])
})

test('a drawn round is played again under its number', () => {
  const match = view(decided({ moves: ['rock', 'rock'], winner: null }))
  expect([seen(match, 0, { phase: 'reveal' }).heading, seen(match, 0).heading]).toEqual(['第 1 局', '第 1 局 · 重来'])
})

test('a player who has missed a round is warned before they lose the match, until they have chosen', () => {
  const match = view(decided({ moves: ['rock', null], winner: 0, reason: 'timeout' }))
  expect(seen(match, 1)).toMatchObject({ hint: zh.lastChance, warns: true })
  expect(seen(match, 1, { move: 'rock' }).warns).toBe(false)
  expect(seen(match, 0).warns).toBe(false)
})

test('the result shows only when the last round has been seen', () => {
  const match = view({ ...decided({ round: 2 }), status: 'finished', result: { winner: 0, reason: 'score' } }, [false, false], [2, 0])
  expect(seen(match, 0, { phase: 'reveal' })).toMatchObject({ finished: false, verdict: '', outcome: '', hint: zh.youWonRound })
  expect(seen(match, 0, { phase: 'over' })).toMatchObject({ finished: true, verdict: zh.won, outcome: 'win', reason: '比分 2 : 0' })
})

test('without a server hands cannot be chosen', () => {
  const snapshot = snapshotOf(view(), 0)
  expect([matchPageView(snapshot, zh), matchPageView(snapshot, zh, stageOf(snapshot), true)].map(({ open }) => open)).toEqual([true, false])
})

test('wins show as a number out of those that the match needs', () => {
  const match = view({ bestOf: 5 }, [false, false], [0, 1])
  expect([seen(match, 0).mine, seen(match, 0).theirs].map(({ pips }) => pips.map(({ on }) => on))).toEqual([
    [false, false, false],
    [true, false, false],
  ])
})

test("one side is marked as the player's own, none for a spectator", () => {
  expect(
    [0, 1, null].map((seat) => [seen(view(), seat as 0 | 1 | null).mine, seen(view(), seat as 0 | 1 | null).theirs].map(({ you }) => you)),
  ).toEqual([
    [true, false],
    [true, false],
    [false, false],
  ])
})

test('without a match there is nothing to show', () => {
  expect(seen(null, null)).toMatchObject({ shown: false, playing: false, finished: false, verdict: '' })
})

test('a match that ended without the player is explained by its reason', () => {
  const { seats } = view()
  expect(noticeOf({ id: 'm', seats, result: { winner: 0, reason: 'no_show' } }, 'bob', zh)).toBe(
    '你不在时，和 ann 的对局结束了，你输了：你连续两局没有出拳',
  )
  expect(noticeOf({ id: 'm', seats, result: null }, 'bob', zh)).toBe('')
})

test('the number of spectators is shown beside the terms of the match', () => {
  const snapshot = snapshotOf(view(), 0)
  expect([0, 3].map((watchers) => matchPageView({ ...snapshot, watchers }, zh).terms)).toEqual([
    '休闲 · 3 局 2 胜',
    '休闲 · 3 局 2 胜 · 3 人观战',
  ])
})
