import type { GameSnapshot, MatchView, Move, SeatIndex } from 'caiquan-client'
import { nameOf, shortName } from './names'
import { reasonOf, verdictOf, type Outcome } from './outcome'
import type { Stage } from './reveal'
import { sideOf, NOBODY, type SideView } from './side-view'
import { fill, type Texts } from './texts'

/** Everything that the match page shows of the match itself; it follows from the snapshot and from the stage of the reveal. */
export interface MatchPageView {
  shown: boolean
  mine: SideView
  theirs: SideView
  heading: string
  terms: string
  hint: string
  /** The hint is a warning. */
  warns: boolean
  /** Hands can be chosen. */
  open: boolean
  chosen: Move | ''
  phase: Stage['phase']
  playing: boolean
  finished: boolean
  watching: boolean
  outcome: Outcome
  verdict: string
  reason: string
}

const NOTHING: MatchPageView = {
  shown: false,
  mine: NOBODY,
  theirs: NOBODY,
  heading: '',
  terms: '',
  hint: '',
  warns: false,
  open: false,
  chosen: '',
  phase: 'open',
  playing: false,
  finished: false,
  watching: false,
  outcome: '',
  verdict: '',
  reason: '',
}

/** The snapshot's match as it stands, with nothing to reveal. */
export const stageOf = ({ match }: GameSnapshot): Stage => ({ match, phase: match?.status === 'finished' ? 'over' : 'open' })

/** The number of the round for people: a drawn round is played again under its number. */
function numberOf({ seats, lastRound }: MatchView, revealing: boolean): number {
  const won = seats.reduce((sum, { score }) => sum + score, 0)
  return revealing && lastRound?.winner !== null ? Math.max(1, won) : won + 1
}

function headingOf(match: MatchView, revealing: boolean, texts: Texts): string {
  const { lastRound } = match
  const replayed = !revealing && lastRound !== null && lastRound.winner === null
  return fill(replayed ? texts.again : texts.round, numberOf(match, revealing))
}

/** This seat has missed the last round: one more, and the match is lost. */
const hasMissed = ({ lastRound }: MatchView, seat: SeatIndex): boolean => lastRound?.reason === 'timeout' && lastRound.moves[seat] === null

function revealHint(match: MatchView, mine: SeatIndex, watching: boolean, names: [string, string], texts: Texts): string {
  const { lastRound } = match
  if (!lastRound) return texts.getReady
  const [missed, missedToo] = [hasMissed(match, mine), hasMissed(match, mine === 0 ? 1 : 0)]
  if (missed && missedToo) return texts.bothMissed
  if (lastRound.winner === null) return texts.drawnRound
  if (watching) return fill(texts.theyWonRound, names[lastRound.winner])
  if (missed) return texts.missed
  if (missedToo) return fill(texts.theyMissed, names[mine === 0 ? 1 : 0])
  return lastRound.winner === mine ? texts.youWonRound : texts.youLostRound
}

function hintOf({ seat, move }: GameSnapshot, { match, phase }: Stage, mine: SeatIndex, names: [string, string], texts: Texts): string {
  if (!match || phase === 'ending') return ''
  if (phase === 'count') return texts.countIn
  if (phase === 'reveal' || phase === 'over')
    return match.lastRound || phase === 'reveal' ? revealHint(match, mine, seat === null, names, texts) : ''
  if (match.status !== 'playing') return match.status === 'waiting' ? texts.getReady : ''
  if (seat === null) return texts.watching
  const theirs = mine === 0 ? 1 : 0
  const away = match.seats[theirs]?.connected === false ? `${fill(texts.away, names[theirs])} · ` : ''
  if (move !== null || match.seats[mine]?.moved) return away ? away + texts.moved : fill(texts.chosen, names[theirs])
  if (hasMissed(match, mine)) return texts.lastChance
  return match.seats[theirs]?.moved ? fill(texts.theyMoved, names[theirs]) : away + texts.choose
}

/** @param stalled whether nothing can reach the server at the moment */
export function matchPageView(snapshot: GameSnapshot, texts: Texts, stage: Stage = stageOf(snapshot), stalled = false): MatchPageView {
  const { seat, move, watchers } = snapshot
  const { match, phase } = stage
  if (!match) return NOTHING
  const mine: SeatIndex = seat ?? 0
  const theirs: SeatIndex = mine === 0 ? 1 : 0
  const names = [0, 1].map((at) => (match.seats[at] ? shortName(nameOf(match.seats[at].player, texts)) : '')) as [string, string]
  const finished = match.status === 'finished' && phase === 'over'
  const outcome = finished ? verdictOf(match, seat, names, texts) : { outcome: '' as const, verdict: '' }
  const bestOf = `${texts.modes[match.mode]} · ${fill(texts.bestOf, match.bestOf, Math.ceil(match.bestOf / 2))}`
  const idle = phase === 'open' && match.status === 'playing' && seat !== null && move === null && !match.seats[mine]?.moved
  return {
    shown: true,
    mine: sideOf(snapshot, stage, mine, texts),
    theirs: sideOf(snapshot, stage, theirs, texts),
    heading: headingOf(match, phase !== 'open', texts),
    terms: watchers > 0 ? `${bestOf} · ${fill(texts.watchers, watchers)}` : bestOf,
    hint: idle && stalled ? texts.paused : hintOf(snapshot, stage, mine, names, texts),
    warns: idle && !stalled && hasMissed(match, mine),
    open: idle && !stalled,
    chosen: phase === 'open' ? (move ?? '') : '',
    phase,
    playing: match.status === 'playing',
    finished,
    watching: seat === null,
    outcome: outcome.outcome,
    verdict: outcome.verdict,
    reason: finished ? reasonOf(match, seat, names, texts) : '',
  }
}
