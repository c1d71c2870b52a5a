import { expect, test } from 'vitest'
import type { GameSnapshot, MatchResult, MatchView, Move, RoundView } from '../../../client-sdk/src/index.ts'
import { matchPageView } from '../../../miniprogram/services/match-view.ts'
import { textsFor } from '../../../miniprogram/services/texts.ts'

const zh = textsFor('zh_CN')
const player = (id: string) => ({ id, nickname: id, avatarUrl: '', rating: 1500, wins: 0, losses: 0, draws: 0 })

function view(change: Partial<MatchView> = {}, moved: [boolean, boolean] = [false, false]): MatchView {
  const seats = ['ann', 'bob'].map((id, at) => ({ player: player(id), score: 0, moved: moved[at] ?? false, connected: true, bot: false }))
  return { id: 'm', version: 1, mode: 'casual', bestOf: 3, status: 'playing', round: 1, deadlineAt: 0, serverTime: 0, seats, lastRound: null, result: null, ...change }
}
const seen = (match: MatchView | null, seat: 0 | 1 | null, move: Move | null = null) =>
  matchPageView({ match, seat, move, me: null, search: null, watchers: 0, connection: { status: 'online', error: null, reason: null, failures: 0 } } satisfies GameSnapshot, zh)
const ended = (result: MatchResult) => view({ status: 'finished', result })

test.each([
  [{ winner: 0, reason: 'forfeit' }, '对方离开了对局', '你离开了对局', '有人离开了对局'],
  [{ winner: 0, reason: 'no_show' }, '对方连续没有出拳', '你连续没有出拳', '双方都没有出拳'],
  [{ winner: null, reason: 'no_show' }, '双方都没有出拳', '双方都没有出拳', '双方都没有出拳'],
  [{ winner: 0, reason: 'max_rounds' }, '打满了局数', '打满了局数', '打满了局数'],
] as [MatchResult, string, string, string][])('%o is told to the winner, the loser and a spectator', (result, winner, loser, spectator) => {
  expect([0, 1, null].map((seat) => seen(ended(result), seat as 0 | 1 | null).reason)).toEqual([winner, loser, spectator])
})

test('a hand of the other is hidden until both have moved, and never shown before', () => {
  expect(seen(view({}, [false, true]), 0)).toMatchObject({ mine: { hand: 'none' }, theirs: { hand: 'hidden' }, hint: zh.theyMoved, open: true })
  expect(seen(view({}, [true, false]), 0, 'rock')).toMatchObject({ mine: { hand: 'rock' }, theirs: { hand: 'none' }, hint: zh.chosen, open: false, chosen: 'rock' })
  expect(seen(view({}, [true, true]), null)).toMatchObject({ mine: { hand: 'hidden' }, theirs: { hand: 'hidden' }, watching: true })
})

test('the reveal shows both hands and how each did, until somebody moves again', () => {
  const lastRound: RoundView = { round: 1, moves: ['rock', 'scissors'], winner: 0, reason: 'moves' }
  expect(seen(view({ lastRound, round: 2 }), 1)).toMatchObject({
    mine: { hand: 'scissors', fate: 'lost' },
    theirs: { hand: 'rock', fate: 'won' },
    hint: zh.youLostRound,
    beat: 'odd',
  })
  expect(seen(view({ lastRound, round: 2 }, [true, false]), 1)).toMatchObject({ mine: { hand: 'none', fate: '' }, theirs: { hand: 'hidden', fate: '' } })
  const missed: RoundView = { round: 2, moves: ['rock', null], winner: 0, reason: 'timeout' }
  expect(seen(view({ lastRound: missed, round: 3 }), 1)).toMatchObject({ mine: { hand: 'none' }, hint: zh.missed, beat: 'even' })
})

test('wins show as so many of those that the match takes', () => {
  const match = view({ bestOf: 5 })
  const one = { ...match, seats: match.seats.map((seat, at) => Object.assign(seat, { score: at })) }
  expect([seen(one, 0).mine, seen(one, 0).theirs].map(({ pips }) => pips.map(({ on }) => on))).toEqual([[false, false, false], [true, false, false]])
})

test('without a match there is nothing to show', () => {
  expect(seen(null, null)).toMatchObject({ shown: false, playing: false, finished: false, verdict: '' })
})
