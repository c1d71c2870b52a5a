import type { AnyGame, Seat } from '../../games/rules.ts'
import type { MatchView } from '../../client-sdk/src/protocol.ts'
import { pick } from './random.ts'

/** How often a test player plays what a bot would: random legal moves alone would make matches of some games very long. */
const LIKE_A_BOT = 0.7

/** A legal move for this seat as far as its player can see; null if the seat is not awaited. */
export function chooseMove(game: AnyGame, view: Pick<MatchView<unknown>, 'game'>, seat: Seat, random: () => number): unknown {
  const legal = game.legalMoves(view.game, seat)
  if (legal.length === 0) return null
  return random() < LIKE_A_BOT ? game.bot(view.game, seat, random) : pick(random, legal as [unknown, ...unknown[]])
}

/** JSON with the fields of objects in sorted order: MySQL stores them in an order of its own. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    each && typeof each === 'object' && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([one], [two]) => (one < two ? -1 : 1)))
      : each,
  )
}
