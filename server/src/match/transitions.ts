/**
 * What every match has, whatever the game, as pure functions: a match and a command in, the next match out. They read no clock. What
 * depends on time is a *guard*: the commit carries the change out only if a stored timer has ended, or has not, by the clock of Redis.
 */
import { opponentOf, type AnyGame, type PerSeat, type Random, type Seat, type Step } from '../../../games/rules.ts'
import type { MatchResult } from '../../../client-sdk/src/protocol.ts'
import type { ErrorCode } from '../errors.ts'
import { thinkingMs } from './bot.ts'
import {
  hasBegun,
  isThere,
  playersOf,
  seatOf,
  type Match,
  type MatchEvent,
  type NewMatch,
  type NewSeat,
  type Round,
  type SeatState,
  type TimerChanges,
  type TimerName,
} from './match.ts'

export type Command =
  /** Takes the second seat, by a reservation with this token and no later than `until` (Redis time, ms). */
  | { type: 'join'; seat: NewSeat; token: string; until: number }
  | { type: 'move'; player: string; round: number; move: unknown }
  /** `connection`: the connection that asks, if only the one that plays the seat may. The same holds for `rematch`. */
  | { type: 'leave'; player: string; connection?: string | undefined }
  /** A connection plays the seat of a player, or does not any more. `background`: whether its client is in the background. */
  | { type: 'presence'; player: string; connection: string; connected: boolean; background?: boolean }
  /** The client of the connection that plays a seat has gone to the background, or has come back. */
  | { type: 'background'; player: string; connection: string; background: boolean }
  /** Refuses players who come with this reservation from now on, unless they are seated. */
  | { type: 'fence'; player: string; token: string }
  /** Asks for another match; `nextId` becomes its id if the opponent has asked before. */
  | { type: 'rematch'; player: string; nextId: string; connection?: string | undefined }
  /** The next match has been made, or never will be (`failed`): then nobody waits for it any more. */
  | { type: 'rematched'; failed: boolean }
  /** A player of this match is in another one: nobody needs to wait for a rematch. */
  | { type: 'elsewhere'; player: string }
  /** A timer has ended. `round` is the round that was open when the node noted it. */
  | { type: 'timer'; timer: Exclude<TimerName, 'opens' | 'next'>; round: number }
  /** The clock of Redis has stepped back: timers that lie in the future start again, which the commit does by itself. */
  | { type: 'restart' }

/** `before`: a stored timer must not have ended; `notBefore`: it must have; `notAfter`: Redis time must not be past this, ms. */
export interface Guard {
  before?: TimerName
  notBefore?: TimerName
  notAfter?: number
}

export type Transition =
  | { outcome: 'changed'; match: Match; events: readonly MatchEvent[]; timers: TimerChanges; guard: Guard }
  /** The match is already as the command asks. */
  | { outcome: 'same' }
  | { outcome: 'refused'; code: ErrorCode }

/** Tokens that a waiting room keeps: far more than there can be attempts that were overtaken and still run. */
const MAX_FENCED = 64

const SAME: Transition = { outcome: 'same' }
const NO_MOVES: PerSeat<unknown> = [null, null]
const NONE: readonly MatchEvent[] = []
const BEFORE_ROUND: Guard = { before: 'round' }
const NO_GUARD: Guard = {}

const refused = (code: ErrorCode): Transition => ({ outcome: 'refused', code })

interface Change {
  events?: readonly MatchEvent[]
  timers?: TimerChanges
  guard?: Guard
  /** Players cannot see the change, so the version stays. */
  silent?: boolean
}

function changed(match: Match, { events = NONE, timers = {}, guard = NO_GUARD, silent = false }: Change = {}): Transition {
  return { outcome: 'changed', match: silent ? match : { ...match, version: match.version + 1 }, events, timers, guard }
}

export type Changed = Extract<Transition, { outcome: 'changed' }>

/** The transitions of matches of one game. */
export interface Transitions {
  /**
   * A match before it is stored: waiting with one seat, playing with two. Without seats it is over: a tombstone that keeps others from
   * storing it.
   */
  create(spec: NewMatch, random: Random): Changed
  apply(match: Match, command: Command, random: Random): Transition
}

export function createTransitions(game: AnyGame): Transitions {
  function create({ id, setup, connections, background = false }: NewMatch, random: Random): Changed {
    const waiting: Match = {
      id,
      setup,
      version: 1,
      status: 'waiting',
      round: 0,
      seats: connections.map((connection) => seatState(connection, background)),
      moves: NO_MOVES,
      game: null,
      lastRound: null,
      result: null,
      again: [false, false],
      next: null,
      fenced: [],
    }
    if (setup.seats.length === 0)
      return { outcome: 'changed', match: { ...waiting, status: 'finished' }, events: NONE, timers: {}, guard: NO_GUARD }
    if (setup.seats.length === 1)
      return { outcome: 'changed', match: waiting, events: NONE, timers: { wait: setup.limits.waitMs }, guard: NO_GUARD }
    return { outcome: 'changed', guard: NO_GUARD, ...begin(waiting, random) }
  }

  /** Opens round 1 of a match whose seats are taken. */
  function begin(match: Match, random: Random): { match: Match; events: MatchEvent[]; timers: TimerChanges } {
    const { id, setup } = match
    const { mode, bestOf, options, limits } = setup
    const state = game.setup({ bestOf, maxRounds: limits.maxRounds, options: options as never, random })
    const playing: Match = { ...match, status: 'playing', game: state, round: 1, fenced: [] }
    const event: MatchEvent = { type: 'start', match: id, mode, bestOf, players: playersOf(match) }
    return { match: playing, events: [event], timers: { ...opening(playing, random, 0), wait: false, ready: false } }
  }

  /** The timers of a round that opens after `pauseMs`. */
  function opening({ setup: { seats, limits }, game: state }: Match, random: Random, pauseMs: number): TimerChanges {
    return {
      round: pauseMs + limits.roundMs,
      opens: pauseMs > 0 ? pauseMs : false,
      bot: seats[1]?.bot && game.awaited(state)[1] ? pauseMs + thinkingMs(limits, random) : false,
    }
  }

  function join(
    match: Match,
    { seat: { player, bot, connection, background }, token, until }: Extract<Command, { type: 'join' }>,
    random: Random,
  ): Transition {
    // Nobody may come back to a room that closed before it began, not even its owner.
    if (match.status === 'finished' && !hasBegun(match)) return refused('room_closed')
    if (seatOf(match, player.id) !== null) return SAME
    if (match.status === 'finished') return refused('room_closed')
    if (match.setup.seats.length === 2) return refused('room_full')
    if (match.fenced.includes(token)) return refused('room_closed')
    const setup = { ...match.setup, seats: [...match.setup.seats, { player, bot }] }
    const full: Match = { ...match, setup, seats: [...match.seats, seatState(connection, background)] }
    return whenReady(full, random, { timers: { wait: false, ready: setup.limits.readyMs }, guard: { notAfter: until } })
  }

  /** Opens round 1 of a room if both players are present; else the room stays as it is, with `change`. */
  function whenReady(match: Match, random: Random, change: Change): Transition {
    if (match.seats.length < 2 || !match.seats.every(isThere)) return changed(match, change)
    const { match: playing, ...rest } = begin(match, random)
    return changed(playing, { ...change, ...rest })
  }

  function move(match: Match, player: string, round: number, played: unknown, random: Random): Transition {
    const seat = seatOf(match, player)
    if (seat === null) return refused('not_your_match')
    if (match.status === 'waiting') return refused('match_not_playing')
    // Clients repeat a move until it is acknowledged: a move that is already stored, in the open round or the last one, is no error.
    if (match.lastRound?.round === round && isSame(match.lastRound.moves[seat], played)) return SAME
    if (match.status === 'finished') return refused('match_finished')
    if (round !== match.round) return refused('stale_round')
    const stored = match.moves[seat]
    if (stored !== null) return isSame(stored, played) ? SAME : refused('already_moved')
    const awaited = game.awaited(match.game)
    if (!awaited[seat]) return refused('not_your_turn')
    if (!game.isLegal(match.game, seat, played)) return refused('illegal_move')
    return accept(match, seat, played, awaited, random, BEFORE_ROUND)
  }

  /** Stores the move of a seat. The last awaited move decides the round. */
  function accept(match: Match, seat: Seat, played: unknown, awaited: PerSeat<boolean>, random: Random, guard: Guard): Transition {
    const moves: PerSeat<unknown> = seat === 0 ? [played, match.moves[1]] : [match.moves[0], played]
    const missing = (awaited[0] && moves[0] === null) || (awaited[1] && moves[1] === null)
    if (missing) return changed({ ...match, moves }, { guard, ...(guard.notBefore === 'bot' ? { timers: { bot: false } } : {}) })
    return decide(match, moves, awaited, game.play(match.game, moves, random), 'moves', random, guard)
  }

  /** What follows from a completed round. */
  function decide(
    match: Match,
    moves: PerSeat<unknown>,
    awaited: PerSeat<boolean>,
    step: Step<unknown, unknown>,
    reason: Round['reason'],
    random: Random,
    guard: Guard,
  ): Transition {
    const lastRound: Round = { round: match.round, moves: [...(step.recorded ?? moves)] as [unknown, unknown], winner: step.winner, reason }
    const seats = match.seats.map((seat, index) => {
      if (!awaited[index as Seat]) return seat
      const missed = moves[index as Seat] === null ? seat.missed + 1 : 0
      return missed === seat.missed ? seat : { ...seat, missed }
    })
    const played: Match = { ...match, seats, moves: NO_MOVES, game: step.state, lastRound }
    const event: MatchEvent = { type: 'round', match: match.id, round: lastRound }
    const result = resultAfter(played)
    if (result) return finish(played, result, { events: [event], guard })
    const next = { ...played, round: match.round + 1 }
    return changed(next, { events: [event], timers: opening(next, random, match.setup.limits.revealMs), guard })
  }

  /** Whether the match is over after a completed round: by score, by absence, or because there is nothing left to play, in this order. */
  function resultAfter({ game: state, seats, setup: { limits } }: Match): MatchResult | null {
    const byRules = game.result(state)
    if (byRules?.reason === 'score') return byRules
    const [absent0 = false, absent1 = false] = seats.map(({ missed }) => missed >= limits.maxMissed)
    if (absent0 || absent1) return { winner: absent0 && absent1 ? null : absent0 ? 1 : 0, reason: 'no_show' }
    return byRules
  }

  /** Ends a match. Without a result it is a room that never began, which is not recorded in MySQL. */
  function finish(match: Match, result: MatchResult | null, { events = NONE, guard = NO_GUARD }: Change = {}): Transition {
    const over: Match = { ...match, status: 'finished', moves: NO_MOVES, result, fenced: [] }
    const timers: TimerChanges = { wait: false, ready: false, round: false, bot: false, opens: false }
    if (!result) return changed(over, { events, timers, guard })
    const scores: [number, number] = [...game.scores(match.game)]
    const end: MatchEvent = { type: 'end', match: match.id, mode: match.setup.mode, players: playersOf(match), scores, result }
    return changed(over, { events: [...events, end], timers, guard })
  }

  /** Whether the seat is played by another connection than the one that asks: that one has been replaced. */
  const isReplaced = ({ seats }: Match, seat: Seat, connection: string | undefined): boolean => {
    const current = seats[seat]?.connection ?? ''
    return connection !== undefined && current !== '' && current !== connection
  }

  function leave(match: Match, player: string, connection: string | undefined): Transition {
    const seat = seatOf(match, player)
    if (seat === null) return refused('not_your_match')
    if (isReplaced(match, seat, connection)) return refused('connection_replaced')
    // A player who leaves does not want another match.
    if (match.status === 'finished')
      return match.again[seat] && match.next === null ? changed({ ...match, again: withSeat(match.again, seat, false) }) : SAME
    if (match.status === 'waiting') return seat === 1 ? reopen(match) : finish(match, null)
    return finish(match, { winner: opponentOf(seat), reason: 'forfeit' })
  }

  /** The guest of a room that has not begun leaves it: the host waits for another guest. */
  function reopen(match: Match): Transition {
    const { setup } = match
    const alone: Match = { ...match, setup: { ...setup, seats: setup.seats.slice(0, 1) }, seats: match.seats.slice(0, 1) }
    return changed(alone, { timers: { ready: false, wait: setup.limits.waitMs } })
  }

  function presence(
    match: Match,
    { player, connection, connected, background = false }: Extract<Command, { type: 'presence' }>,
    random: Random,
  ): Transition {
    const seat = seatOf(match, player)
    const before = seat === null ? undefined : match.seats[seat]
    if (seat === null || !before) return refused('not_your_match')
    const current = before.connection
    // A connection that was replaced cannot clear the seat of its successor.
    if (connected ? current === connection : current !== connection || current === '') return SAME
    const after: SeatState = { ...seatState(connected ? connection : '', background), missed: before.missed }
    const next = { ...match, seats: match.seats.map((each, index) => (index === seat ? after : each)) }
    // The opponent sees that somebody is present, not on which socket.
    if (match.status !== 'waiting') return changed(next, { silent: connected && current !== '' })
    return whenReady(next, random, { silent: connected && current !== '' && isThere(after) === isThere(before) })
  }

  function background(
    match: Match,
    { player, connection, background }: Extract<Command, { type: 'background' }>,
    random: Random,
  ): Transition {
    const seat = seatOf(match, player)
    const before = seat === null ? undefined : match.seats[seat]
    if (seat === null || !before) return refused('not_your_match')
    // It decides when a room begins. In a match that runs nobody needs to be informed.
    if (match.status !== 'waiting' || before.connection !== connection || (before.background === true) === background) return SAME
    const seats = match.seats.map((each, index) => (index === seat ? { ...seatState(connection, background), missed: each.missed } : each))
    // Whether a player who waits alone is present is shown to nobody.
    return whenReady({ ...match, seats }, random, { silent: seats.length < 2 })
  }

  function fence(match: Match, player: string, token: string): Transition {
    if (match.status === 'finished') return SAME
    if (seatOf(match, player) !== null) return refused('in_match')
    if (match.status === 'playing' || match.fenced.includes(token)) return SAME
    return changed({ ...match, fenced: [...match.fenced, token].slice(-MAX_FENCED) }, { silent: true })
  }

  function rematch(match: Match, player: string, nextId: string, connection: string | undefined): Transition {
    const seat = seatOf(match, player)
    if (seat === null) return refused('not_your_match')
    if (isReplaced(match, seat, connection)) return refused('connection_replaced')
    if (match.status !== 'finished') return refused('match_running')
    if (!hasBegun(match)) return refused('room_closed')
    if (match.again[seat] || match.next !== null) return SAME
    // A bot always wants another match.
    const again = match.setup.seats[1]?.bot ? ([true, true] as const) : withSeat(match.again, seat, true)
    const agreed = again[0] && again[1]
    // With the timer, other nodes carry on if this one dies before the next match is made.
    return changed({ ...match, again, next: agreed ? nextId : null }, agreed ? { timers: { next: 0 } } : {})
  }

  function timer(match: Match, name: Extract<Command, { type: 'timer' }>['timer'], round: number, random: Random): Transition {
    if (match.status === 'finished' || round !== match.round) return SAME
    const guard: Guard = { notBefore: name }
    if (name === 'wait' || name === 'ready') return match.status === 'waiting' ? finish(match, null, { guard }) : SAME
    if (match.status !== 'playing') return SAME
    const awaited = game.awaited(match.game)
    if (name === 'round')
      return decide(match, match.moves, awaited, game.timeout(match.game, match.moves, random), 'timeout', random, guard)
    if (!match.setup.seats[1]?.bot || !awaited[1] || match.moves[1] !== null) return SAME
    return accept(match, 1, game.bot(game.view(match.game, 1), 1, random), awaited, random, guard)
  }

  return {
    create,
    apply(match, command, random) {
      switch (command.type) {
        case 'join':
          return join(match, command, random)
        case 'move':
          return move(match, command.player, command.round, command.move, random)
        case 'leave':
          return leave(match, command.player, command.connection)
        case 'presence':
          return presence(match, command, random)
        case 'background':
          return background(match, command, random)
        case 'fence':
          return fence(match, command.player, command.token)
        case 'rematch':
          return rematch(match, command.player, command.nextId, command.connection)
        case 'rematched':
          return command.failed
            ? changed({ ...match, again: [false, false], next: null }, { timers: { next: false } })
            : changed(match, { timers: { next: false }, silent: true })
        case 'elsewhere':
          return match.status === 'finished' && match.next === null && (match.again[0] || match.again[1])
            ? changed({ ...match, again: [false, false] })
            : SAME
        case 'timer':
          return timer(match, command.timer, command.round, random)
        case 'restart':
          return changed(match)
      }
    },
  }
}

const seatState = (connection: string, background: boolean): SeatState => ({ connection, missed: 0, ...(background && { background }) })

const withSeat = (pair: PerSeat<boolean>, seat: Seat, value: boolean): PerSeat<boolean> =>
  seat === 0 ? [value, pair[1]] : [pair[0], value]

/** Moves are small JSON values made by the game's own parser, so their fields are in a fixed order. */
const isSame = (one: unknown, two: unknown): boolean =>
  one === two || (typeof one === 'object' && one !== null && JSON.stringify(one) === JSON.stringify(two))
