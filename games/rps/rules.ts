/** Rock–paper–scissors: both seats move at once; a drawn round is replayed and scores for nobody. */
import { z } from 'zod'
import { MOVES, type Move } from '../../client-sdk/src/protocol.ts'
import { defineGame, pickOne, type PerSeat, type Result, type Seat, type Step } from '../rules.ts'

export interface RpsState {
  scores: [number, number]
  /** Completed rounds. */
  played: number
  /** Round wins that win the match. */
  needed: number
  maxRounds: number
}

const BEATS: Record<Move, Move> = { rock: 'scissors', scissors: 'paper', paper: 'rock' }

/** The seat that wins with these moves; a missing move loses to any move; null is a draw. */
export function roundWinner(move0: Move | null, move1: Move | null): Seat | null {
  if (move0 === move1) return null
  if (move0 === null) return 1
  if (move1 === null) return 0
  return BEATS[move0] === move1 ? 0 : 1
}

/** Round wins that win a match. */
export const winsNeeded = (bestOf: number): number => Math.ceil(bestOf / 2)

function decide(state: RpsState, [move0, move1]: PerSeat<Move | null>): Step<RpsState, Move> {
  const winner = roundWinner(move0, move1)
  const scores: [number, number] = [...state.scores]
  if (winner !== null) scores[winner] += 1
  return { state: { ...state, scores, played: state.played + 1 }, winner }
}

function result({ scores: [score0, score1], played, needed, maxRounds }: RpsState): Result | null {
  if (score0 >= needed) return { winner: 0, reason: 'score' }
  if (score1 >= needed) return { winner: 1, reason: 'score' }
  if (played < maxRounds) return null
  return { winner: score0 === score1 ? null : score0 > score1 ? 0 : 1, reason: 'max_rounds' }
}

export const game = defineGame({
  name: 'rps',
  bestOf: [3, 1, 5],
  roundMs: 10_000,
  revealMs: 1800,
  options: z.strictObject({}),
  move: z.enum(MOVES),
  isMove: (value) => value === 'rock' || value === 'paper' || value === 'scissors',
  viewDiffers: false,
  setup: ({ bestOf, maxRounds }): RpsState => ({ scores: [0, 0], played: 0, needed: winsNeeded(bestOf), maxRounds }),
  awaited: () => [true, true],
  isLegal: () => true,
  legalMoves: () => MOVES,
  play: decide,
  timeout: decide,
  scores: ({ scores }) => scores,
  result,
  view: () => undefined,
  // A bot that plays at random gives nobody an advantage, and nobody can learn to beat it.
  bot: (_view, _seat, random) => pickOne(MOVES, random),
})
