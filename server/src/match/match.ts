import type { PerSeat, Seat } from '../../../games/rules.ts'
import type { BestOf, MatchMode, MatchResult, MatchStatus, PublicPlayer, RoundView } from '../../../client-sdk/src/protocol.ts'

/** A round of any game. */
export type Round = RoundView<unknown>

/** The terms that players agree on before a match. */
export interface Terms {
  bestOf: BestOf
  /** The game's own options. */
  options: Record<string, unknown>
}

/** The limits of one match, fixed when it is made: a new configuration never changes a running match. */
export interface MatchLimits {
  /** How long a round stays open, ms. */
  roundMs: number
  /** How long a decided round is shown before the next one opens, ms. */
  revealMs: number
  /** Completed rounds after which the rules end the match. */
  maxRounds: number
  /** Rounds missed in a row after which a player forfeits. */
  maxMissed: number
  /** Shortest and longest time between the opening of a round and the bot's move, ms; never more than 60 % of the round. */
  botMinMs: number
  botMaxMs: number
  /** How long a room waits for its second player, ms. */
  waitMs: number
  /** How long a room with two players waits until both are present, ms. */
  readyMs: number
}

/** The player who sits in a seat. */
export interface Occupant {
  player: PublicPlayer
  bot: boolean
}

/** The part of a match that never changes once round 1 has opened. It is stored in a field of its own and rarely written. */
export interface MatchSetup extends Terms {
  /** The format in which the match is stored for its whole life; see `formats.ts`. */
  format: number
  mode: MatchMode
  /** The code of a room; null if there is none. */
  code: string | null
  limits: MatchLimits
  /** One occupant while a room waits for its second player. */
  seats: readonly Occupant[]
}

/** The part of a seat that changes. */
export interface SeatState {
  /** The connection that plays the seat, `<node>:<socket>`; '' while there is none. */
  connection: string
  /** Rounds missed in a row. */
  missed: number
  /** The client of this connection has reported that it is in the background; absent if it has not. */
  background?: true
}

/**
 * A match with its secrets; `viewOf` makes the part that may leave the server. It holds no absolute time: timers are started by the commit,
 * by the clock of Redis.
 */
export interface Match {
  id: string
  setup: MatchSetup
  /** Grows with every change that players can see. */
  version: number
  status: MatchStatus
  /** The open round, from 1; 0 while waiting. */
  round: number
  seats: readonly SeatState[]
  /** The moves of the open round that have arrived. */
  moves: PerSeat<unknown>
  /** The game's own state; null while waiting. */
  game: unknown
  lastRound: Round | null
  /** Null while the match runs, and for a room that ended before it began. */
  result: MatchResult | null
  /** After the end: the seats that ask for another match. */
  again: PerSeat<boolean>
  /** The id of the next match, once both players have asked for it. */
  next: string | null
  /** Fencing tokens of reservations that were overtaken: a player who comes with one of them is refused. */
  fenced: readonly string[]
}

/**
 * - `wait`: the room closes because nobody joined; `ready`: it closes because its players were not both present; `round`: the open round
 *   ends; `bot`: the bot moves; `next`: the next match is made.
 * - `opens`: the open round is shown from then on. Nothing is due at its end.
 */
export type TimerName = 'wait' | 'ready' | 'round' | 'bot' | 'opens' | 'next'
/** The timers at whose end something is due: all but `opens`. */
export const DUE_TIMERS = ['bot', 'round', 'wait', 'ready', 'next'] as const satisfies readonly TimerName[]

/** A stored timer, in ms of Redis time. It is due once Redis TIME is past `start + ms`. */
export interface Timer {
  start: number
  ms: number
}
export type Timers = Partial<Record<TimerName, Timer>>

/** Starts timers with this length, ms, or clears them (false). Timers that are not named go on as they are. */
export type TimerChanges = Partial<Record<TimerName, number | false>>

/** What a transition records in MySQL. Redis adds the time of the commit. */
export type MatchEvent =
  | { type: 'start'; match: string; mode: MatchMode; bestOf: BestOf; players: [string, string] }
  | { type: 'round'; match: string; round: Round }
  | { type: 'end'; match: string; mode: MatchMode; players: [string, string]; scores: [number, number]; result: MatchResult }

export interface NewSeat extends Occupant {
  connection: string
  /** Whether the client has reported that it is in the background. */
  background: boolean
}

/** What a match begins with. With two seats it begins at once; with one it waits. */
export interface NewMatch {
  id: string
  setup: MatchSetup
  connections: readonly string[]
  /** Whether the client of the waiting player is in the background. */
  background?: boolean
}

/** The seat of a player; null if they have none. */
export function seatOf({ setup: { seats } }: Match, player: string): Seat | null {
  if (seats[0]?.player.id === player) return 0
  if (seats[1]?.player.id === player) return 1
  return null
}

/** The ids of both players; '' for a seat that nobody has taken. */
export const playersOf = ({ setup: { seats } }: Match): [string, string] => [seats[0]?.player.id ?? '', seats[1]?.player.id ?? '']

/** Round 1 has opened. A room that was closed before that has not begun. */
export const hasBegun = ({ round }: Match): boolean => round > 0

/** Whether the player of a seat is present: connected, and not in the background. */
export const isThere = ({ connection, background }: SeatState): boolean => connection !== '' && background !== true

/** Nobody sits in it or ever will: it only keeps a late node from storing a match under its id. */
export const isTombstone = ({ setup: { seats } }: Match): boolean => seats.length === 0

/** When a timer ends, in ms of Redis time; null if it does not run. */
export const endOf = (timer: Timer | undefined): number | null => (timer ? timer.start + timer.ms : null)
