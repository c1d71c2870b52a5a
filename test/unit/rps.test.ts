import { expect, test } from 'vitest'
import { game, roundWinner, winsNeeded } from '../../games/rps/rules.ts'
import type { Move } from '../../client-sdk/src/protocol.ts'

const start = (bestOf: number) => game.setup({ bestOf, maxRounds: bestOf * 3, options: {}, random: Math.random })

test('rock beats scissors beats paper beats rock; a missing move loses to any', () => {
  expect(roundWinner('rock', 'scissors')).toBe(0)
  expect(roundWinner('scissors', 'paper')).toBe(0)
  expect(roundWinner('paper', 'rock')).toBe(0)
  expect(roundWinner('scissors', 'rock')).toBe(1)
  expect(roundWinner('rock', 'rock')).toBeNull()
  expect(roundWinner(null, 'rock')).toBe(1)
  expect(roundWinner(null, null)).toBeNull()
})

test.each([
  [1, 1],
  [3, 2],
  [5, 3],
] as const)('best of %i is won by %i round wins', (bestOf, needed) => {
  expect(winsNeeded(bestOf)).toBe(needed)
  let state = start(bestOf)
  for (let wins = 0; wins < needed; wins += 1) {
    expect(game.result(state)).toBeNull()
    ;({ state } = game.play(state, ['rock', 'scissors'], Math.random))
  }
  expect(game.result(state)).toEqual({ winner: 0, reason: 'score' })
})

test('a drawn round counts for no player', () => {
  const { state, winner } = game.play(start(3), ['rock', 'rock'], Math.random)
  expect(winner).toBeNull()
  expect(game.scores(state)).toEqual([0, 0])
})

test.each([
  [1, 3],
  [3, 9],
  [5, 15],
] as const)('best of %i ends after %i rounds, drawn or by the higher score', (bestOf, limit) => {
  const after = (first: [Move, Move]) => {
    let { state } = game.play(start(bestOf), first, Math.random)
    for (let round = 1; round < limit; round += 1) {
      if (game.result(state)) break
      ;({ state } = game.play(state, ['rock', 'rock'], Math.random))
    }
    return game.result(state)
  }
  expect(after(['rock', 'rock'])).toEqual({ winner: null, reason: 'max_rounds' })
  if (bestOf > 1) expect(after(['rock', 'paper'])).toEqual({ winner: 1, reason: 'max_rounds' })
})
