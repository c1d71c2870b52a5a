import type { RecordedMatch, RecordedRound } from 'caiquan-client'
import { timeOf } from './banner'
import { nameOf } from './names'
import type { HandKind } from './side-view'
import { fill, type Texts } from './texts'

export interface MatchLine {
  id: string
  outcome: 'win' | 'loss' | 'draw'
  verdict: string
  opponent: string
  score: string
  terms: string
  day: string
}

export interface RoundLine {
  round: number
  label: string
  mine: HandKind
  theirs: HandKind
  outcome: 'win' | 'loss' | 'draw'
  verdict: string
}

const two = (value: number): string => `${value < 10 ? '0' : ''}${value}`

/** Month and day and minute in the phone's own time. */
export function dayOf(at: number): string {
  const date = new Date(at)
  return `${two(date.getMonth() + 1)}-${two(date.getDate())} ${timeOf(at)}`
}

const seatOf = (match: RecordedMatch, playerId: string): 0 | 1 => (match.seats[1]?.player.id === playerId ? 1 : 0)

const outcomeFor = (winner: 0 | 1 | null | undefined, seat: 0 | 1): MatchLine['outcome'] =>
  winner === null || winner === undefined ? 'draw' : winner === seat ? 'win' : 'loss'

const verdictOf = (outcome: MatchLine['outcome'], texts: Texts): string =>
  outcome === 'win' ? texts.win : outcome === 'loss' ? texts.loss : texts.draw

export function matchLine(match: RecordedMatch, playerId: string, texts: Texts): MatchLine {
  const seat = seatOf(match, playerId)
  const opponent = match.seats[seat === 0 ? 1 : 0]
  const outcome = outcomeFor(match.result?.winner, seat)
  return {
    id: match.id,
    outcome,
    verdict: verdictOf(outcome, texts),
    opponent: opponent ? nameOf(opponent.player, texts) : '',
    score: `${match.seats[seat]?.score ?? 0} : ${opponent?.score ?? 0}`,
    terms: texts.modes[match.mode],
    day: dayOf(match.endedAt ?? match.startedAt),
  }
}

export function roundLines(match: RecordedMatch, rounds: RecordedRound[], playerId: string, texts: Texts): RoundLine[] {
  const seat = seatOf(match, playerId)
  let number = 1
  let replayed = false
  return rounds.map(({ round, moves, winner }) => {
    const outcome = outcomeFor(winner, seat)
    const label = fill(replayed ? texts.again : texts.round, number)
    // A drawn round is played again under its number.
    replayed = winner === null
    if (!replayed) number += 1
    return {
      round,
      label,
      mine: moves[seat] ?? 'none',
      theirs: moves[seat === 0 ? 1 : 0] ?? 'none',
      outcome,
      verdict: verdictOf(outcome, texts),
    }
  })
}
