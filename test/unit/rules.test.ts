import { expect, test } from 'vitest'
import type { BestOf, Move, PublicPlayer } from '../../client-sdk/src/protocol.ts'
import { create, expire, join, leave, move, roundWinner, winsNeeded, type NewMatch } from '../../server/game/rules.ts'
import { viewOf, type MatchState } from '../../server/game/state.ts'

const playerOf = (id: string): PublicPlayer => ({ id, nickname: id, avatarUrl: '', rating: 1500, wins: 0, losses: 0, draws: 0 })
const seat = (id: string) => ({ player: playerOf(id), connection: id, bot: false })

function playing(bestOf: BestOf): MatchState {
  const spec: NewMatch = {
    id: '0-x', mode: 'ranked', bestOf, code: null, seat: seat('a'), waitMs: 1000,
    limits: { roundMs: 10_000, maxRounds: bestOf * 3, maxMissed: 2, botMinMs: 800, botMaxMs: 3000 },
  }
  return join(create(spec, 0), seat('b'), 0).state
}

function round(state: MatchState, one: Move | null, two: Move | null): MatchState {
  let next = state
  if (one) next = move(next, 'a', state.round, one, 1).state
  if (two) next = move(next, 'b', state.round, two, 1).state
  return one && two ? next : expire(next, state.round, 'rock', state.deadlineAt ?? 0).state
}

test('rock beats scissors beats paper beats rock; a missing move loses to any', () => {
  expect(roundWinner('rock', 'scissors')).toBe(0)
  expect(roundWinner('scissors', 'paper')).toBe(0)
  expect(roundWinner('paper', 'rock')).toBe(0)
  expect(roundWinner('scissors', 'rock')).toBe(1)
  expect(roundWinner('rock', 'rock')).toBeNull()
  expect(roundWinner(null, 'rock')).toBe(1)
  expect(roundWinner(null, null)).toBeNull()
})

test.each([[1, 1], [3, 2], [5, 3]] as const)('best of %i is won by %i round wins', (bestOf, needed) => {
  expect(winsNeeded(bestOf)).toBe(needed)
  let state = playing(bestOf)
  for (let wins = 0; wins < needed; wins += 1) {
    expect(state.status).toBe('playing')
    state = round(state, 'rock', 'scissors')
  }
  expect(state).toMatchObject({ status: 'finished', result: { winner: 0, reason: 'score' } })
})

test('a drawn round is replayed and counts for nobody', () => {
  const state = round(playing(3), 'rock', 'rock')
  expect(state).toMatchObject({ round: 2, seats: [{ score: 0 }, { score: 0 }], lastRound: { winner: null, reason: 'moves' } })
})

test('who has not moved in time loses the round; two in a row forfeit the match', () => {
  const once = round(playing(5), 'rock', null)
  expect(once).toMatchObject({ status: 'playing', seats: [{ score: 1 }, { score: 0 }], lastRound: { winner: 0, reason: 'timeout', moves: ['rock', null] } })
  expect(round(once, 'rock', null)).toMatchObject({ status: 'finished', result: { winner: 0, reason: 'no_show' } })
  const between = round(round(once, 'rock', 'paper'), 'rock', null)
  expect(between.status).toBe('playing')
})

test('when neither moves the round is drawn, and when neither comes back so is the match', () => {
  const once = round(playing(3), null, null)
  expect(once.lastRound).toMatchObject({ winner: null, reason: 'timeout' })
  expect(round(once, null, null)).toMatchObject({ status: 'finished', result: { winner: null, reason: 'no_show' } })
})

test.each([[1, 3], [3, 9], [5, 15]] as const)('best of %i ends after %i rounds, drawn or by the higher score', (bestOf, limit) => {
  let drawn = playing(bestOf)
  for (let i = 0; i < limit; i += 1) drawn = round(drawn, 'rock', 'rock')
  expect(drawn).toMatchObject({ status: 'finished', round: limit, result: { winner: null, reason: 'max_rounds' } })
  if (bestOf === 1) return
  let ahead = round(playing(bestOf), 'rock', 'paper')
  for (let i = 1; i < limit; i += 1) ahead = round(ahead, 'rock', 'rock')
  expect(ahead).toMatchObject({ status: 'finished', result: { winner: 1, reason: 'max_rounds' } })
})

test('leaving forfeits a running match', () => {
  expect(leave(playing(3), 'a', 5).state).toMatchObject({ status: 'finished', result: { winner: 1, reason: 'forfeit' } })
})

test('a view says that a seat has moved and never what', () => {
  const { state } = move(playing(3), 'a', 1, 'paper', 1)
  const view = viewOf(state, 1)
  expect(view.seats.map(({ moved }) => moved)).toEqual([true, false])
  expect(JSON.stringify(view)).not.toContain('paper')
})
