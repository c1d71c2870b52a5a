import type {
  BestOf,
  MatchMode,
  MatchResult,
  MatchStatus,
  MatchView,
  Move,
  PublicPlayer,
  RoundView,
  SeatIndex,
} from '../../client-sdk/src/protocol.ts'

/** The rules of one match, fixed when it is created so that a new configuration never changes a running match. */
export interface MatchLimits {
  /** How long a round stays open, ms. */
  roundMs: number
  /** Rounds after which the higher score wins. */
  maxRounds: number
  /** Rounds missed in a row that forfeit the match. */
  maxMissed: number
  /** Between the opening of a round and the move of a bot, ms; never more than most of the round. */
  botMinMs: number
  botMaxMs: number
}

export interface SeatState {
  player: PublicPlayer
  bot: boolean
  score: number
  /** The hidden move of the open round. */
  move: Move | null
  /** Id of the socket that plays this seat; '' when none does. */
  connection: string
  /** Rounds missed in a row. */
  missed: number
}

/** A match with its secrets. `viewOf` makes the part of it that may leave the server. */
export interface MatchState {
  id: string
  version: number
  mode: MatchMode
  code: string | null
  bestOf: BestOf
  status: MatchStatus
  /** The open round, from 1; 0 while waiting. */
  round: number
  /** Redis time, ms: when the open round closes, or when a waiting room does; null once finished. */
  deadlineAt: number | null
  /** Redis time, ms: when a bot in seat 1 moves in the open round; null without a bot. */
  botAt: number | null
  seats: SeatState[]
  lastRound: RoundView | null
  result: MatchResult | null
  startedAt: number | null
  endedAt: number | null
  /** Who asks for a rematch, by seat. */
  again: [boolean, boolean]
  /** The match that follows this one, once both asked. */
  next: string | null
  /** Somebody without a seat has asked to see it. */
  watched: boolean
  limits: MatchLimits
}

/** What the outbox carries to the recorder, in the order in which it happened. */
export type Fact =
  | { type: 'start'; match: string; mode: MatchMode; bestOf: BestOf; players: [string, string]; at: number }
  | { type: 'round'; match: string; round: RoundView; at: number }
  | { type: 'end'; match: string; mode: MatchMode; players: [string, string]; scores: [number, number]; result: MatchResult; at: number }

export function seatOf(state: MatchState, playerId: string): SeatIndex | null {
  if (state.seats[0]?.player.id === playerId) return 0
  if (state.seats[1]?.player.id === playerId) return 1
  return null
}

/** When something is due by itself: the move of a bot, or the end of the round or of the wait. */
export function dueAt({ seats, deadlineAt, botAt }: MatchState): number | null {
  return botAt !== null && seats[1]?.bot && seats[1].move === null ? Math.min(botAt, deadlineAt ?? botAt) : deadlineAt
}

/** The public view at Redis time `now` (ms). Promise 5: it says whether a seat has moved, never what. */
export function viewOf(state: MatchState, now: number): MatchView {
  const view: MatchView = {
    id: state.id,
    version: state.version,
    mode: state.mode,
    bestOf: state.bestOf,
    status: state.status,
    round: state.round,
    deadlineAt: state.status === 'playing' ? state.deadlineAt : null,
    serverTime: now,
    seats: state.seats.map((seat) => ({
      player: seat.player,
      score: seat.score,
      moved: seat.move !== null,
      connected: seat.connection !== '',
      bot: seat.bot,
    })),
    lastRound: state.lastRound,
    result: state.result,
  }
  if (state.code !== null) view.code = state.code
  if (state.again.includes(true)) view.rematch = state.again
  return view
}
