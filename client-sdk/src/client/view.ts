import type { SeatIndex } from '../protocol.ts'
import { has } from '../login/shapes.ts'
import { equal } from '../util/equal.ts'
import type { AnyView } from './protocol-types.ts'

/** Whether it has what every view of a match has; anything else from the server is not adopted. */
export const isView = (value: unknown): value is AnyView =>
  has(value, { id: 'string', version: 'number', status: 'string', round: 'number', serverTime: 'number', seats: 'array' }) &&
  (value as AnyView).seats.every((seat) => has(seat, { player: 'object' }))

/** The seat of this player, or null for a spectator. */
export function seatOf(view: AnyView | null, playerId: string | undefined): SeatIndex | null {
  if (!view || !playerId) return null
  const seat = view.seats.findIndex(({ player }) => player.id === playerId)
  return seat === 0 || seat === 1 ? seat : null
}

/**
 * Which of two views to keep when one is pushed. Of one match, the higher version, or another state that was read later: when a Redis
 * replica took over that lacked the last moment, versions have gone back. Of two matches, the player's own before one that is watched
 * (watching another begins with a command, not with a push), one that is played before one that is over, and then the later one.
 */
export function selectView<V extends AnyView>(current: V | null, incoming: V, playerId: string | undefined): V {
  if (!current) return incoming
  if (current.id === incoming.id)
    return incoming.version > current.version || (incoming.serverTime > current.serverTime && seatsOf(incoming) !== seatsOf(current))
      ? incoming
      : current
  if (seatOf(incoming, playerId) === null || incoming.status === 'finished') return current
  if (seatOf(current, playerId) === null || current.status === 'finished') return incoming
  return incoming.serverTime >= current.serverTime ? incoming : current
}

const seatsOf = ({ version, seats }: AnyView): string => version + JSON.stringify(seats)

/** What a view says about whether a move counted. */
export type MoveFate = 'missing' | 'counted' | 'superseded' | 'unknown'

/**
 * What `view` says of a move: `missing` from the open round, `counted` in the round just decided, `superseded` by another move or by none,
 * or `unknown`: the view is older, of another match or rounds later, or it shows that there is a move, which may be another one, from
 * before the app was restarted.
 */
export function fateOf(view: AnyView, seat: SeatIndex, matchId: string, round: number, move: unknown): MoveFate {
  if (view.id !== matchId) return 'unknown'
  const { lastRound } = view
  if (lastRound && lastRound.round === round) return equal(lastRound.moves[seat], move) ? 'counted' : 'superseded'
  if (view.status === 'finished') return lastRound && lastRound.round > round ? 'unknown' : 'superseded'
  if (view.round !== round) return 'unknown'
  const mine = view.seats[seat]
  return mine && mine.moved ? 'unknown' : 'missing'
}
