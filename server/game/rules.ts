/**
 * The game as a pure model: values in, values out. The scripts beside this file are the same game
 * inside Redis; a property test holds the two against each other, view by view and fact by fact.
 */
import type { ErrorCode } from '../../client-sdk/src/errors.ts'
import type { BestOf, MatchMode, MatchResult, Move, PublicPlayer, RoundView, SeatIndex } from '../../client-sdk/src/protocol.ts'
import { seatOf, type Fact, type MatchLimits, type MatchState, type SeatState } from './state.ts'

export interface NewSeat {
  player: PublicPlayer
  connection: string
  bot: boolean
}

export interface NewMatch {
  id: string
  mode: MatchMode
  bestOf: BestOf
  code: string | null
  seat: NewSeat
  limits: MatchLimits
  /** How long the second seat may stay empty, ms. */
  waitMs: number
}

/** `ok`: something changed. `same`: asked for what is already so. `early`: the deadline is yet to come. */
export type Settled = 'ok' | 'same' | 'early'
export type Outcome =
  | { code: Settled; state: MatchState; facts: Fact[] }
  | { code: ErrorCode; state: MatchState; facts: [] }

const BEATS: Record<Move, Move> = { rock: 'scissors', scissors: 'paper', paper: 'rock' }

/** The seat that wins these moves; a missing move loses to any; null is a draw. */
export function roundWinner(move0: Move | null, move1: Move | null): SeatIndex | null {
  if (move0 === move1) return null
  if (move0 === null) return 1
  if (move1 === null) return 0
  return BEATS[move0] === move1 ? 0 : 1
}

/** Round wins that take the match. */
export const winsNeeded = (bestOf: BestOf): number => Math.ceil(bestOf / 2)

const newSeat = ({ player, connection, bot }: NewSeat): SeatState => ({ player, connection, bot, score: 0, move: null, missed: 0 })

export function create(spec: NewMatch, now: number): MatchState {
  const { id, mode, bestOf, code, limits } = spec
  return {
    id,
    version: 1,
    mode,
    code,
    bestOf,
    status: 'waiting',
    round: 0,
    deadlineAt: now + spec.waitMs,
    botAt: null,
    seats: [newSeat(spec.seat)],
    lastRound: null,
    result: null,
    startedAt: null,
    endedAt: null,
    again: [false, false],
    next: null,
    watched: false,
    limits,
  }
}

const refuse = (state: MatchState, code: ErrorCode): Outcome => ({ code, state, facts: [] })
const unchanged = (state: MatchState, code: 'same' | 'early' = 'same'): Outcome => ({ code, state, facts: [] })
const changed = (state: MatchState, facts: Fact[] = []): Outcome => ({
  code: 'ok',
  state: { ...state, version: state.version + 1 },
  facts,
})

/** Takes the second seat and opens round 1. */
export function join(state: MatchState, seat: NewSeat, now: number): Outcome {
  // A room that ended before it began has nobody to come back to it; its owner neither.
  if (state.status === 'finished' && state.startedAt === null) return refuse(state, 'room_closed')
  if (seatOf(state, seat.player.id) !== null) return unchanged(state)
  if (state.status === 'finished') return refuse(state, 'room_closed')
  if (state.status === 'playing') return refuse(state, 'room_full')
  const seats = [...state.seats, newSeat(seat)]
  const next = opened({ ...state, status: 'playing', seats, startedAt: now }, 1, now)
  const fact: Fact = { type: 'start', match: state.id, mode: state.mode, bestOf: state.bestOf, players: playersOf(next), at: now }
  return changed(next, [fact])
}

/** Stores a hidden move; the second one decides the round. Repeating a move that is stored is no fault. */
export function move(state: MatchState, playerId: string, round: number, hand: Move, now: number): Outcome {
  const seat = seatOf(state, playerId)
  if (seat === null) return refuse(state, 'not_your_match')
  if (state.status === 'waiting') return refuse(state, 'match_not_playing')
  if (state.lastRound?.round === round && state.lastRound.moves[seat] === hand) return unchanged(state)
  if (state.status === 'finished') return refuse(state, 'match_finished')
  if (round !== state.round) return refuse(state, 'stale_round')
  const stored = state.seats[seat]?.move ?? null
  if (stored !== null) return stored === hand ? unchanged(state) : refuse(state, 'already_moved')
  if (state.deadlineAt !== null && now >= state.deadlineAt) return refuse(state, 'stale_round')
  const next = withSeat(state, seat, { move: hand })
  return next.seats.every((each) => each.move !== null) ? decide(next, 'moves', now) : changed(next)
}

/**
 * Does what is due: the move of a bot, the end of the round that is named, or of a room nobody joined
 * (`round` 0). `botMove` is what a bot would play.
 */
export function expire(state: MatchState, round: number, botMove: Move, now: number): Outcome {
  if (state.status === 'finished' || round !== state.round) return unchanged(state)
  if (state.botAt !== null && now >= state.botAt && state.seats[1]?.bot && state.seats[1].move === null) {
    const next = withSeat(state, 1, { move: botMove })
    if (next.seats[0]?.move) return decide(next, 'moves', now)
    return state.deadlineAt !== null && now >= state.deadlineAt ? decide(next, 'timeout', now) : changed(next)
  }
  if (state.deadlineAt !== null && now < state.deadlineAt) return unchanged(state, 'early')
  return state.status === 'waiting' ? changed(ended(state, null, now)) : decide(state, 'timeout', now)
}

/** Closes a waiting room, forfeits a running match, and is no fault after the end. */
export function leave(state: MatchState, playerId: string, now: number): Outcome {
  const seat = seatOf(state, playerId)
  if (seat === null) return refuse(state, 'not_your_match')
  // Who goes does not want another match.
  if (state.status === 'finished') return state.again[seat] && state.next === null ? changed({ ...state, again: withAgain(state, seat, false) }) : unchanged(state)
  if (state.status === 'waiting') return changed(ended(state, null, now))
  const over = ended(state, { winner: seat === 0 ? 1 : 0, reason: 'forfeit' }, now)
  return changed(over, endFacts(over, now))
}

/** Says which socket plays a seat. A socket that was replaced cannot clear the flag of its successor. */
export function presence(state: MatchState, playerId: string, connection: string, connected: boolean): Outcome {
  const seat = seatOf(state, playerId)
  if (seat === null) return refuse(state, 'not_your_match')
  const current = state.seats[seat]?.connection ?? ''
  if (state.status === 'finished') return unchanged(state)
  if (connected) {
    const next = withSeat(state, seat, { connection })
    return current === '' ? changed(next) : unchanged(next)
  }
  return current === connection && current !== '' ? changed(withSeat(state, seat, { connection: '' })) : unchanged(state)
}

/** Asks for another match after the end; `nextId` becomes its id when the other seat has asked too. A bot always wants one. */
export function rematch(state: MatchState, playerId: string, nextId: string): Outcome {
  const seat = seatOf(state, playerId)
  if (seat === null) return refuse(state, 'not_your_match')
  if (state.status !== 'finished') return refuse(state, 'match_running')
  if (state.startedAt === null) return refuse(state, 'room_closed')
  if (state.again[seat] || state.next !== null) return unchanged(state)
  const again = withAgain(state, seat, true)
  if (state.seats[1]?.bot) again[1] = true
  return changed({ ...state, again, next: again[0] && again[1] ? nextId : null })
}

function withAgain(state: MatchState, seat: SeatIndex, wants: boolean): [boolean, boolean] {
  const again: [boolean, boolean] = [...state.again]
  again[seat] = wants
  return again
}

/** Opens a round: its deadline, and when a bot moves in it. The spread comes from the clock, so that script and model agree. */
function opened(state: MatchState, round: number, now: number): MatchState {
  const { roundMs, botMinMs, botMaxMs } = state.limits
  const thinkMs = Math.min(botMinMs + (((now % 1_000_003) * 7919) % (botMaxMs - botMinMs + 1)), Math.floor(roundMs * 0.6))
  return { ...state, round, deadlineAt: now + roundMs, botAt: state.seats[1]?.bot ? now + thinkMs : null }
}

function decide(state: MatchState, reason: RoundView['reason'], now: number): Outcome {
  const [seat0, seat1] = state.seats
  if (!seat0 || !seat1) throw new Error(`match ${state.id} is playing with an empty seat`)
  const winner = roundWinner(seat0.move, seat1.move)
  const lastRound: RoundView = { round: state.round, moves: [seat0.move, seat1.move], winner, reason }
  const seats = state.seats.map((seat, index) => ({
    ...seat,
    move: null,
    score: seat.score + (winner === index ? 1 : 0),
    missed: seat.move === null ? seat.missed + 1 : 0,
  }))
  const played: MatchState = { ...state, seats, lastRound }
  const fact: Fact = { type: 'round', match: state.id, round: lastRound, at: now }
  const result = resultAfter(played)
  if (!result) return changed(opened(played, state.round + 1, now), [fact])
  const over = ended(played, result, now)
  return changed(over, [fact, ...endFacts(over, now)])
}

/** Whether the match is over after its last round: by score, by absence, or by the number of rounds, in this order. */
function resultAfter({ seats, bestOf, round, limits }: MatchState): MatchResult | null {
  const [score0 = 0, score1 = 0] = seats.map((seat) => seat.score)
  const needed = winsNeeded(bestOf)
  if (score0 >= needed) return { winner: 0, reason: 'score' }
  if (score1 >= needed) return { winner: 1, reason: 'score' }
  const [absent0, absent1] = seats.map((seat) => seat.missed >= limits.maxMissed)
  if (absent0 || absent1) return { winner: absent0 && absent1 ? null : absent0 ? 1 : 0, reason: 'no_show' }
  if (round >= limits.maxRounds) return { winner: score0 === score1 ? null : score0 > score1 ? 0 : 1, reason: 'max_rounds' }
  return null
}

function ended(state: MatchState, result: MatchResult | null, now: number): MatchState {
  const seats = state.seats.map((seat) => ({ ...seat, move: null }))
  return { ...state, status: 'finished', deadlineAt: null, botAt: null, seats, result, endedAt: now }
}

function endFacts(state: MatchState, now: number): Fact[] {
  if (!state.result) return []
  const scores: [number, number] = [state.seats[0]?.score ?? 0, state.seats[1]?.score ?? 0]
  return [{ type: 'end', match: state.id, mode: state.mode, players: playersOf(state), scores, result: state.result, at: now }]
}

const playersOf = (state: MatchState): [string, string] => [state.seats[0]?.player.id ?? '', state.seats[1]?.player.id ?? '']

function withSeat(state: MatchState, index: SeatIndex, change: Partial<SeatState>): MatchState {
  return { ...state, seats: state.seats.map((seat, at) => (at === index ? { ...seat, ...change } : seat)) }
}
