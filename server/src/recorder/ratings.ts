/** Elo ratings, pure. */

export const INITIAL_RATING = 1500
/** Ranked matches during which a rating moves faster. */
export const PROVISIONAL_MATCHES = 30
const K_PROVISIONAL = 40
const K_ESTABLISHED = 20

export interface Rated {
  rating: number
  ratedCount: number
}

/** The rating difference at which the better player is expected to win ten times as often. */
export const expectedScore = (rating: number, opponent: number): number => 1 / (1 + 10 ** ((opponent - rating) / 400))

const kOf = ({ ratedCount }: Rated): number => (ratedCount < PROVISIONAL_MATCHES ? K_PROVISIONAL : K_ESTABLISHED)

/** A player who has played no ranked match yet. */
export const unrated = (): Rated => ({ rating: INITIAL_RATING, ratedCount: 0 })

/**
 * Points that go from seat 1 to seat 0, a whole number. One K for both, the mean of theirs, so that no match creates or destroys points.
 * @param winner the seat that won; null for a draw
 */
export function ratingDelta(seat0: Rated, seat1: Rated, winner: 0 | 1 | null): number {
  const score = winner === null ? 0.5 : winner === 0 ? 1 : 0
  const k = (kOf(seat0) + kOf(seat1)) / 2
  // Rounded away from zero, so that swapping the seats only changes the sign.
  const exact = k * (score - expectedScore(seat0.rating, seat1.rating))
  return Math.sign(exact) * Math.round(Math.abs(exact)) || 0
}

/**
 * Applies a result to both players and returns the points that went from seat 1 to seat 0.
 * @param winner the seat that won; null for a draw
 */
export function rate(seat0: Rated, seat1: Rated, winner: 0 | 1 | null): number {
  const delta = ratingDelta(seat0, seat1, winner)
  seat0.rating += delta
  seat1.rating -= delta
  seat0.ratedCount += 1
  seat1.ratedCount += 1
  return delta
}

/** A ranked match as far as ratings are concerned. */
export interface RatedResult {
  players: [string, string]
  winner: 0 | 1 | null
}

/** The ratings of all players of these results, applied in their order. */
export function replay(results: Iterable<RatedResult>): Map<string, Rated> {
  const ratings = new Map<string, Rated>()
  const of = (player: string): Rated => {
    const known = ratings.get(player)
    if (known) return known
    const fresh = unrated()
    ratings.set(player, fresh)
    return fresh
  }
  for (const { players, winner } of results) rate(of(players[0]), of(players[1]), winner)
  return ratings
}
