/** Gomoku on 15 × 15: the players move alternately, everything is visible, five in a row win. */
import { z } from 'zod'
import { defineGame, opponentOf, pickOne, type PerSeat, type Seat, type Step } from '../rules.ts'

export const SIZE = 15
const IN_A_ROW = 5

const coordinate = z
  .int()
  .min(0)
  .max(SIZE - 1)
const moveSchema = z.strictObject({ x: coordinate, y: coordinate })
/** Column and row, from 0 at the top left. */
export type GomokuMove = z.infer<typeof moveSchema>

interface GomokuState {
  /** SIZE × SIZE characters, row by row: '.', or the seat whose stone lies there. */
  board: string
  turn: Seat
  last: GomokuMove | null
  winner: Seat | null
}
/** What everybody sees. */
export type GomokuView = Pick<GomokuState, 'board' | 'turn' | 'last'>

const EMPTY = '.'
const DIRECTIONS = [
  [1, 0],
  [0, 1],
  [1, 1],
  [1, -1],
] as const
const indexOf = (x: number, y: number): number => y * SIZE + x
const stoneAt = (board: string, x: number, y: number): string =>
  x < 0 || y < 0 || x >= SIZE || y >= SIZE ? '' : (board[indexOf(x, y)] ?? '')
const place = (board: string, { x, y }: GomokuMove, seat: Seat): string =>
  board.slice(0, indexOf(x, y)) + seat + board.slice(indexOf(x, y) + 1)

/** The stones of a seat in one line through a point, if it played there. */
function run(board: string, { x, y }: GomokuMove, seat: Seat, [dx, dy]: readonly [number, number]): number {
  let count = 1
  for (const sign of [1, -1]) {
    for (let step = 1; stoneAt(board, x + sign * step * dx, y + sign * step * dy) === String(seat); step += 1) count += 1
  }
  return count
}
const longest = (board: string, move: GomokuMove, seat: Seat): number =>
  Math.max(...DIRECTIONS.map((direction) => run(board, move, seat, direction)))

function free(board: string): GomokuMove[] {
  const moves: GomokuMove[] = []
  for (let y = 0; y < SIZE; y += 1) for (let x = 0; x < SIZE; x += 1) if (stoneAt(board, x, y) === EMPTY) moves.push({ x, y })
  return moves
}

function play(state: GomokuState, moves: PerSeat<GomokuMove | null>): Step<GomokuState, GomokuMove> {
  const seat = state.turn
  const move = moves[seat]
  // A player who misses the deadline loses the turn, not the game; the engine forfeits for them if it happens again.
  if (!move) return { state: { ...state, turn: opponentOf(seat) }, winner: null }
  const winner = longest(state.board, move, seat) >= IN_A_ROW ? seat : null
  return { state: { board: place(state.board, move, seat), turn: opponentOf(seat), last: move, winner }, winner }
}

/** A point is better the longer the line is that it makes or blocks, then the nearer it is to the middle. */
function bot({ board }: GomokuView, seat: Seat, random: () => number): GomokuMove {
  const middle = (SIZE - 1) / 2
  const worth = (move: GomokuMove): number => {
    const [own, other] = [longest(board, move, seat), longest(board, move, opponentOf(seat))]
    return (
      Math.max(own >= IN_A_ROW ? 1000 : own * 10, other >= IN_A_ROW ? 500 : other * 9) - Math.hypot(move.x - middle, move.y - middle) / 10
    )
  }
  const moves = free(board).map((move) => ({ move, worth: worth(move) }))
  const best = Math.max(...moves.map((each) => each.worth))
  return pickOne(
    moves.filter((each) => each.worth >= best - 0.2),
    random,
  ).move
}

export const game = defineGame({
  name: 'gomoku',
  bestOf: [1],
  roundMs: 30_000,
  revealMs: 0,
  options: z.strictObject({}),
  move: moveSchema,
  viewDiffers: false,
  setup: ({ random }): GomokuState => ({ board: EMPTY.repeat(SIZE * SIZE), turn: random() < 0.5 ? 0 : 1, last: null, winner: null }),
  awaited: ({ turn }) => [turn === 0, turn === 1],
  isLegal: ({ board }, _seat, { x, y }) => stoneAt(board, x, y) === EMPTY,
  play,
  timeout: play,
  scores: ({ winner }) => [winner === 0 ? 1 : 0, winner === 1 ? 1 : 0],
  result({ winner, board }) {
    if (winner !== null) return { winner, reason: 'score' }
    return board.includes(EMPTY) ? null : { winner: null, reason: 'max_rounds' }
  },
  view: ({ board, turn, last }): GomokuView => ({ board, turn, last }),
  legalMoves: ({ board, turn }, seat) => (turn === seat ? free(board) : []),
  bot,
})
