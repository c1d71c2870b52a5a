import type { MatchView, SeatIndex } from 'caiquan-client'
import { fill, type Texts } from './texts'

/** How a match ended for the player; empty while it runs, and for spectators. */
export type Outcome = '' | 'win' | 'loss' | 'draw'

export function outcomeOf({ status, result }: Pick<MatchView, 'status' | 'result'>, seat: SeatIndex | null): Outcome {
  if (status !== 'finished' || !result || seat === null) return ''
  return result.winner === null ? 'draw' : result.winner === seat ? 'win' : 'loss'
}

/** @param names of both seats, for a spectator */
export function verdictOf(
  match: MatchView,
  seat: SeatIndex | null,
  names: [string, string],
  texts: Texts,
): { outcome: Outcome; verdict: string } {
  const outcome = outcomeOf(match, seat)
  const { result } = match
  if (!result) return { outcome, verdict: texts.roomOver }
  if (result.winner === null) return { outcome, verdict: texts.drawn }
  return { outcome, verdict: seat === null ? fill(texts.theyWon, names[result.winner]) : outcome === 'win' ? texts.won : texts.lost }
}

/** Why it ended, from the point of view of the reader. */
export function reasonOf(
  { result, seats }: { result: MatchView['result']; seats: readonly { score: number }[] },
  seat: SeatIndex | null,
  names: [string, string],
  texts: Texts,
): string {
  if (!result) return texts.roomOverHint
  const { winner, reason } = result
  const [mine, theirs]: [SeatIndex, SeatIndex] = seat === 1 ? [1, 0] : [0, 1]
  if (reason === 'score') return fill(texts.byScore, seats[mine]?.score ?? 0, seats[theirs]?.score ?? 0)
  if (reason === 'max_rounds') return texts.byMaxRounds
  if (winner === null) return texts.byNoShow.both
  const by = reason === 'forfeit' ? texts.byForfeit : texts.byNoShow
  const loser: SeatIndex = winner === 0 ? 1 : 0
  return loser === seat ? by.lost : fill(by.won, names[loser])
}
