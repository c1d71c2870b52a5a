/**
 * What a game is to the match engine: one object of pure functions.
 *
 * A game is a folder under `games/` whose `index.ts` exports it as `game`; `GAME=<folder>` starts a cluster that plays it. The engine adds
 * everything that every match has: seats, connections, waiting and joining, deadlines, presence, forfeits, rematches, spectators, the
 * timing of bots, versions, storage and recording.
 *
 * A match is a sequence of *steps*; on the wire and in MySQL a completed step is a *round*. In each step the game awaits a move from one
 * seat or from both. The engine keeps the moves that have arrived, shows them to nobody, and calls `play` once all awaited moves are there,
 * or `timeout` if the deadline of the step comes first. Simultaneous games await both seats in every step, alternating games one seat.
 * There is no other difference between them.
 *
 * Rules for the functions: no I/O, no clock, no randomness except `random`, no change of an argument. A state, a move and a view are plain
 * JSON values (no `undefined` inside, no `Date`, no `Map`): they are stored, sent and compared as JSON. A function may run several times
 * for one step, on different nodes, and only one of its results counts.
 */
import type { z } from 'zod'

/** Seat 0 belongs to the player who has waited longer, or who opened the room. */
export type Seat = 0 | 1

/** One value for each seat. */
export type PerSeat<T> = readonly [seat0: T, seat1: T]

/** Returns a number from 0 (included) to 1 (excluded), as `Math.random` does. */
export type Random = () => number

/** What a match begins with. */
export interface Setup<Options> {
  /** The length of the match, as in "best of 5"; one of the game's `bestOf`. */
  bestOf: number
  /**
   * The number of steps after which the match should end by `max_rounds` if the game has no end of its own: `MAX_ROUNDS_FACTOR` × bestOf.
   */
  maxRounds: number
  /** The options with which the match was requested. */
  options: Options
  random: Random
}

/** A completed step. */
export interface Step<State, Move> {
  /** The state after it. */
  state: State
  /** The seat that won the step; null if no seat did. */
  winner: Seat | null
  /**
   * What everybody is shown of the step as `lastRound.moves`, and what MySQL keeps of it. If absent: the moves as they were played, null
   * for a seat that did not move or was not awaited.
   */
  recorded?: PerSeat<Move | null>
}

/** How a match ended by the rules of the game. Forfeits and players who stay away are the engine's responsibility. */
export interface Result {
  winner: Seat | null
  /** `score`: a seat reached the winning score. `max_rounds`: there is nothing left to play. */
  reason: 'score' | 'max_rounds'
}

export interface Game<State, Move, Options = Record<string, never>, View = undefined> {
  /** The name of the folder: lower-case letters, digits and hyphens. It is used in metrics, MySQL and Redis. */
  readonly name: string
  /** The values of `bestOf` that players may choose, the default first. A game without best-of has `[1]`. */
  readonly bestOf: readonly [1 | 3 | 5, ...(1 | 3 | 5)[]]
  /** How long a step stays open, ms, unless the operator sets `ROUND_MS`. */
  readonly roundMs: number
  /** How long the result of a step is shown before the next step opens, ms, unless the operator sets `REVEAL_MS`; 0 opens it at once. */
  readonly revealMs: number
  /** What players may choose beside `bestOf`. Every field is optional. The fields are part of `match:find` and `room:create`. */
  readonly options: z.ZodObject
  /**
   * Parses a move as a client sends it. It checks the shape only; whether the move is legal now is checked by `isLegal`. A move that it
   * refuses is answered with `bad_request`.
   */
  readonly move: z.ZodType<Move>
  /**
   * Optional: whether `move` accepts this value and leaves it as it is, found by a plain comparison, which saves the node some µs per move.
   * False only means that `move` decides.
   */
  readonly isMove?: (value: unknown) => boolean
  /** Whether the view differs between the seats or from that of a spectator. If not, it is made once for everybody. */
  readonly viewDiffers: boolean

  /** The state before the first step. */
  setup(setup: Setup<Options>): State
  /** The seats whose move is awaited in the open step: at least one. */
  awaited(state: State): PerSeat<boolean>
  /** Whether this seat, whose move is awaited, may make this move now. A move that is not legal is answered with `illegal_move`. */
  isLegal(state: State, seat: Seat, move: Move): boolean
  /** Completes a step with a legal move from each awaited seat; null stands for a seat that was not awaited. */
  play(state: State, moves: PerSeat<Move | null>, random: Random): Step<State, Move>
  /** Completes a step whose deadline has passed; null stands for a seat that did not move, or was not awaited. */
  timeout(state: State, moves: PerSeat<Move | null>, random: Random): Step<State, Move>
  /** The score of each seat, shown in `seats[].score` and stored in MySQL. */
  scores(state: State): PerSeat<number>
  /** The end of the match by its rules; null while it goes on. */
  result(state: State): Result | null
  /**
   * What a seat, or a spectator (null), sees in addition to what every match shows; `undefined` for nothing. It must not contain anything
   * hidden from them.
   */
  view(state: State, viewer: Seat | null): View
  /**
   * The legal moves of a seat that sees this: at least one if the seat is awaited, none if it is not. Test players, load and chaos tests
   * choose from them, so they need nothing that is not on the wire.
   */
  legalMoves(view: View, seat: Seat): readonly Move[]
  /** The move of a bot in a seat that is awaited. It sees what a player in its seat would see, so it cannot cheat. */
  bot(view: View, seat: Seat, random: Random): Move
}

/** A game whose types only the game itself knows: what the engine works with. */
export type AnyGame = Game<unknown, unknown, never, unknown>

/** Checks the types of a game where it is defined, and hides them from the engine. */
export function defineGame<State, Move, Options, View>(game: Game<State, Move, Options, View>): Game<State, Move, Options, View> {
  return game
}

/** The other seat. */
export const opponentOf = (seat: Seat): Seat => (seat === 0 ? 1 : 0)

/** One of the items, each equally likely. @throws RangeError if there are none */
export function pickOne<T>(items: readonly T[], random: Random): T {
  const item = items[Math.floor(random() * items.length)]
  if (item === undefined) throw new RangeError('there is nothing to pick from')
  return item
}
