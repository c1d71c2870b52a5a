/**
 * Liar's dice (大话骰) for two: each player rolls five dice under a cup. In turn they bid how many dice show a face under both cups, each bid
 * higher than the last, until one of them challenges. The player who was right wins the hand; the match is best of several hands. Ones
 * count as every face until a player has bid on ones.
 */
import { z } from 'zod'
import { defineGame, opponentOf, type PerSeat, type Random, type Seat, type Step } from '../rules.ts'

export const DICE = 5
const FACES = 6

const bidSchema = z.strictObject({
  count: z
    .int()
    .min(1)
    .max(2 * DICE),
  face: z.int().min(1).max(FACES),
})
export type Bid = z.infer<typeof bidSchema>
const moveSchema = z.union([bidSchema, z.literal('challenge')])
export type LiarsDiceMove = z.infer<typeof moveSchema>

/** A completed hand, with all dice on the table. */
interface Shown {
  dice: PerSeat<readonly number[]>
  bid: Bid | null
  winner: Seat
}

interface LiarsDiceState {
  dice: PerSeat<readonly number[]>
  bid: Bid | null
  /** Ones count as every face. */
  wild: boolean
  turn: Seat
  scores: PerSeat<number>
  /** Hands that win the match. */
  needed: number
  shown: Shown | null
}
export interface LiarsDiceView {
  /** The viewer's own dice; none for a spectator. */
  dice: readonly number[]
  bid: Bid | null
  wild: boolean
  turn: Seat
  shown: Shown | null
}

const roll = (random: Random): number[] => Array.from({ length: DICE }, () => 1 + Math.floor(random() * FACES))
const countOf = (dice: readonly number[], face: number, wild: boolean): number =>
  dice.filter((die) => die === face || (wild && die === 1)).length
const isHigher = (bid: Bid, last: Bid | null): boolean =>
  last === null || bid.count > last.count || (bid.count === last.count && bid.face > last.face)

function bids(last: Bid | null): Bid[] {
  const all: Bid[] = []
  for (let count = last?.count ?? 1; count <= 2 * DICE; count += 1) {
    for (let face = 1; face <= FACES; face += 1) if (isHigher({ count, face }, last)) all.push({ count, face })
  }
  return all
}

/** Ends a hand; the loser begins the next one. */
function endHand(state: LiarsDiceState, winner: Seat, random: Random): Step<LiarsDiceState, LiarsDiceMove> {
  const scores: PerSeat<number> = winner === 0 ? [state.scores[0] + 1, state.scores[1]] : [state.scores[0], state.scores[1] + 1]
  const shown: Shown = { dice: state.dice, bid: state.bid, winner }
  return { state: { ...state, dice: [roll(random), roll(random)], bid: null, wild: true, turn: opponentOf(winner), scores, shown }, winner }
}

function play(state: LiarsDiceState, moves: PerSeat<LiarsDiceMove | null>, random: Random): Step<LiarsDiceState, LiarsDiceMove> {
  const { turn, bid, wild, dice } = state
  const move = moves[turn]
  // A player who misses the deadline loses the hand.
  if (move === null) return endHand(state, opponentOf(turn), random)
  if (move !== 'challenge') return { state: { ...state, bid: move, wild: wild && move.face !== 1, turn: opponentOf(turn) }, winner: null }
  const isTrue = bid !== null && countOf(dice.flat(), bid.face, wild) >= bid.count
  return endHand(state, isTrue ? opponentOf(turn) : turn, random)
}

/** Expects the other cup to hold the average. */
function bot({ dice, bid, wild }: LiarsDiceView, _seat: Seat, random: Random): LiarsDiceMove {
  const expected = (face: number): number => countOf(dice, face, wild) + DICE / (wild && face !== 1 ? 3 : 6)
  if (bid && bid.count > expected(bid.face) + random()) return 'challenge'
  const likely = bids(bid).filter(({ count, face }) => count <= expected(face) + 0.5)
  const best = likely.sort((one, two) => expected(two.face) - expected(one.face) || one.count - two.count)[0]
  return best ?? (bid ? 'challenge' : { count: 1, face: 2 })
}

export const game = defineGame({
  name: 'liars-dice',
  bestOf: [3, 1, 5],
  roundMs: 20_000,
  revealMs: 0,
  options: z.strictObject({}),
  move: moveSchema,
  viewDiffers: true,
  setup: ({ bestOf, random }): LiarsDiceState => ({
    dice: [roll(random), roll(random)],
    bid: null,
    wild: true,
    turn: random() < 0.5 ? 0 : 1,
    scores: [0, 0],
    needed: Math.ceil(bestOf / 2),
    shown: null,
  }),
  awaited: ({ turn }) => [turn === 0, turn === 1],
  isLegal: ({ bid }, _seat, move) => (move === 'challenge' ? bid !== null : isHigher(move, bid)),
  play,
  timeout: play,
  scores: ({ scores }) => scores,
  result({ scores, needed }) {
    if (scores[0] >= needed) return { winner: 0, reason: 'score' }
    return scores[1] >= needed ? { winner: 1, reason: 'score' } : null
  },
  view: ({ dice, bid, wild, turn, shown }, viewer): LiarsDiceView => ({
    dice: viewer === null ? [] : dice[viewer],
    bid,
    wild,
    turn,
    shown,
  }),
  legalMoves: ({ bid, turn }, seat): LiarsDiceMove[] => (turn !== seat ? [] : bid ? ['challenge', ...bids(bid)] : bids(bid)),
  bot,
})
