import type { GameSnapshot, Move, SeatIndex } from 'caiquan-client'
import { initialOf, nameOf } from './names'
import { pictureOf } from './pictures'
import type { Stage } from './reveal'
import type { Texts } from './texts'

/** A hand as the page draws it. */
export type HandKind = Move | 'hidden' | 'none'

/** One of the two sides of the match page. */
export interface SideView {
  name: string
  initial: string
  picture: string
  /** The player who is looking at the page. */
  you: boolean
  score: number
  away: boolean
  hand: HandKind
  /** How the shown hand did: empty while none is revealed. */
  fate: '' | 'won' | 'lost' | 'drawn'
  /** One for each round win that the match takes: whether it has been won. */
  pips: { at: number; on: boolean }[]
}

export const NOBODY: SideView = { name: '', initial: '', picture: '', you: false, score: 0, away: false, hand: 'none', fate: '', pips: [] }

export function sideOf(snapshot: GameSnapshot, stage: Stage, seat: SeatIndex, texts: Texts): SideView {
  const { match, phase } = stage
  const view = match?.seats[seat]
  if (!match || !view) return NOBODY
  const { player, connected } = view
  const won = match.lastRound?.winner === seat
  // The score shows the winner: it waits until the hands do.
  const score = view.score - (phase === 'count' && won ? 1 : 0)
  const name = nameOf(player, texts)
  return {
    name,
    initial: initialOf(name),
    picture: pictureOf(player),
    you: snapshot.seat === seat,
    score,
    away: !connected,
    hand: handOf(snapshot, stage, seat),
    fate: fateOf(stage, seat),
    pips: Array.from({ length: Math.ceil(match.bestOf / 2) }, (_, at) => ({ at, on: at < score })),
  }
}

/** The revealed hands of the last round; fists during the count-in; hidden hands while a round is open. */
function handOf({ seat, move }: GameSnapshot, { match, phase }: Stage, at: SeatIndex): HandKind {
  if (!match) return 'none'
  if (phase === 'count') return (match.lastRound?.moves[at] ?? null) === null ? 'none' : 'rock'
  if (phase === 'reveal' || phase === 'over') return match.lastRound?.moves[at] ?? 'none'
  if (at === seat && move) return move
  return match.seats[at]?.moved ? 'hidden' : 'none'
}

function fateOf({ match, phase }: Stage, at: SeatIndex): SideView['fate'] {
  const last = match?.lastRound
  if (!last || (phase !== 'reveal' && phase !== 'over')) return ''
  return last.winner === null ? 'drawn' : last.winner === at ? 'won' : 'lost'
}
