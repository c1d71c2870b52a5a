/**
 * What a game is to the match engine: one object of pure functions.
 *
 * A game is a folder under `games/` whose `index.ts` exports it as `game`; `GAME=<folder>` starts a cluster that
 * plays it. The engine adds everything that every match has: seats, connections, waiting and joining, deadlines,
 * presence, forfeits, rematches, spectators, bots' timing, versions, storage and recording.
 *
 * A match is a sequence of *steps*; on the wire and in MySQL a completed step is a *round*. In each step the game
 * awaits a move of one seat or of both. The engine keeps the moves that have come in, shows nobody what they are,
 * and calls `play` once all awaited moves are there, or `timeout` if the deadline of the step comes first.
 * Simultaneous games await both seats in every step, alternating games one seat. Nothing else differs.
 *
 * Rules for the functions: no I/O, no clock, no randomness but `random`, no change of an argument. A state, a move
 * and a view are plain JSON values (no `undefined` inside, no `Date`, no `Map`): they are stored, sent and compared
 * as JSON. A function may run several times for one step, on different nodes, and only one of its results counts.
 */
import type { z } from 'zod'

/** Seat 0 belongs to the player who waited longer, or who opened the room. */
export type Seat = 0 | 1

/** One value for each seat. */
export type PerSeat<T> = readonly [seat0: T, seat1: T]

/** Returns a number from 0 (included) to 1 (excluded), as `Math.random` does. */
export type Random = () => number

/** What a match begins with. */
export interface Setup<Options> {
  /** Best of how many; one of the game's `bestOf`. */
  bestOf: number
  /** Steps after which the match should end by `max_rounds` if the game has no end of its own: `MAX_ROUNDS_FACTOR` × bestOf. */
  maxRounds: number
  /** The options that the match was asked for with. */
  options: Options
  random: Random
}

/** A completed step. */
export interface Step<State, Move> {
  /** The state after it. */
  state: State
  /** The seat that won the step; null if nobody did. */
  winner: Seat | null
  /**
   * What everybody is shown of the step as `lastRound.moves`, and what MySQL keeps of it. Absent: the moves as they
   * were played, null for a seat that did not move or was not awaited.
   */
  recorded?: PerSeat<Move | null>
}

/** How a match ended by its rules. A forfeit or a player who stays away is the engine's business. */
export interface Result {
  winner: Seat | null
  /** `score`: somebody reached what wins. `max_rounds`: there is nothing left to play. */
  reason: 'score' | 'max_rounds'
}

export interface Game<State, Move, Options = Record<string, never>, View = undefined> {
  /** The name of the folder: lower-case letters, digits and hyphens. Metrics, MySQL and Redis carry it. */
  readonly name: string
  /** The values of `bestOf` that players may ask for, the default first. A game without best-of has `[1]`. */
  readonly bestOf: readonly [1 | 3 | 5, ...(1 | 3 | 5)[]]
  /** How long a step stays open, in ms, unless the operator sets `ROUND_MS`. */
  readonly roundMs: number
  /** How long the result of a step is shown before the next one opens, in ms, unless the operator sets `REVEAL_MS`; 0 opens it at once. */
  readonly revealMs: number
  /** What players may choose beside `bestOf`; every field is optional. They are fields of `match:find` and `room:create`. */
  readonly options: z.ZodObject
  /**
   * Parses a move as a client sends it: the shape only, whether it is legal now is `isLegal`'s question. Whatever it
   * refuses is answered with `bad_request`.
   */
  readonly move: z.ZodType<Move>
  /**
   * Optional: whether `move` takes this value and leaves it as it is, told by a plain comparison, which saves the node some µs per
   * move. False only means that `move` decides.
   */
  readonly isMove?: (value: unknown) => boolean
  /** Whether the view differs between the seats or from that of a spectator. If not, it is made once for everybody. */
  readonly viewDiffers: boolean

  /** The state before the first step. */
  setup(setup: Setup<Options>): State
  /** Which seats owe a move in the open step: at least one. */
  awaited(state: State): PerSeat<boolean>
  /** Whether this seat, which is awaited, may make this move now. A move that is not legal is answered with `illegal_move`. */
  isLegal(state: State, seat: Seat, move: Move): boolean
  /** Completes a step with a legal move of each awaited seat; null stands for a seat that was not awaited. */
  play(state: State, moves: PerSeat<Move | null>, random: Random): Step<State, Move>
  /** Completes a step whose deadline has passed; null stands for a seat that did not move, or was not awaited. */
  timeout(state: State, moves: PerSeat<Move | null>, random: Random): Step<State, Move>
  /** The score of each seat, which `seats[].score` shows and MySQL keeps. */
  scores(state: State): PerSeat<number>
  /** The end of the match by its rules; null while it goes on. */
  result(state: State): Result | null
  /** What a seat, or a spectator (null), sees beside what every match shows; `undefined` for nothing. Must not show what is hidden from them. */
  view(state: State, viewer: Seat | null): View
  /**
   * The moves that are legal now for a seat that sees this: at least one if the seat is awaited, none if it is not. Test
   * players, load and chaos tests choose from them, so they need no more than the wire shows.
   */
  legalMoves(view: View, seat: Seat): readonly Move[]
  /** What a bot plays in a seat that is awaited. It sees what a player in its seat would see, so it cannot cheat. */
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
