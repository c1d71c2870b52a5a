import type { AnyGame, Seat } from '../../../games/rules.ts'
import type { MatchView } from '../../../client-sdk/src/protocol.ts'
import { endOf, isThere, type Match, type Timers } from './match.ts'

/** A view of a match of any game. */
export type AnyView = MatchView<unknown>

/** A match with its timers as a commit or a read returned them, and when that was, in ms of Redis time. */
export interface Snapshot {
  match: Match
  timers: Timers
  now: number
}

const NO_SCORES = [0, 0] as const

/**
 * The part of a match that may leave the server. Guarantee 5: it says whether a seat has moved, never what, and otherwise shows only what
 * the game reveals to this viewer.
 * @param viewer a seat, or null for a spectator
 */
export function viewOf(game: AnyGame, { match, timers, now }: Snapshot, viewer: Seat | null): AnyView {
  const { setup, status } = match
  const begun = match.game !== null
  const scores = begun ? game.scores(match.game) : NO_SCORES
  const playing = status === 'playing'
  const view: AnyView = {
    id: match.id,
    version: match.version,
    mode: setup.mode,
    bestOf: setup.bestOf,
    status,
    round: match.round,
    deadlineAt: playing ? endOf(timers.round) : null,
    serverTime: now,
    seats: setup.seats.map(({ player, bot }, index) => ({
      player,
      score: scores[index as Seat],
      moved: match.moves[index as Seat] !== null,
      connected: match.seats[index]?.connection !== '',
      bot,
    })),
    lastRound: match.lastRound,
    result: match.result,
  }
  if (setup.code !== null) view.code = setup.code
  if (status === 'waiting' && match.seats.length === 2) view.ready = match.seats.map(isThere)
  if (match.again[0] || match.again[1]) view.rematch = [...match.again]
  if (playing && timers.opens) view.opensAt = timers.opens.start + timers.opens.ms
  const own = begun ? game.view(match.game, viewer) : undefined
  if (own !== undefined) view.game = own
  return view
}
