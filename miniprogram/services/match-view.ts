import type { GameSnapshot, MatchView, Move, SeatIndex } from 'caiquan-client'
import { fill, type Texts } from './texts'

/** A hand as the page draws it. */
export type HandKind = Move | 'hidden' | 'none'

export interface SideView {
  name: string
  initial: string
  avatarUrl: string
  score: number
  away: boolean
  bot: boolean
  hand: HandKind
  /** How the hand that is shown did: empty while it is not decided. */
  fate: '' | 'won' | 'lost' | 'drawn'
  /** One for each round win that the match takes: whether it is there. */
  pips: { at: number; on: boolean }[]
}

/** All that the match page shows; it follows from the snapshot alone. */
export interface MatchPageView {
  shown: boolean
  mine: SideView
  theirs: SideView
  heading: string
  terms: string
  hint: string
  /** Hands can be chosen. */
  open: boolean
  chosen: Move | ''
  playing: boolean
  finished: boolean
  watching: boolean
  outcome: '' | 'win' | 'loss' | 'draw'
  verdict: string
  reason: string
  /** '' – may ask, 'asked' – has asked, 'offered' – the other has. */
  rematch: '' | 'asked' | 'offered'
  /** `odd` or `even`: changes with each decided round and starts the animation of the reveal. */
  beat: string
}

const NOBODY: SideView = { name: '', initial: '', avatarUrl: '', score: 0, away: false, bot: false, hand: 'none', fate: '', pips: [] }

function side(snapshot: GameSnapshot, match: MatchView, seat: SeatIndex, texts: Texts): SideView {
  const view = match.seats[seat]
  if (!view) return NOBODY
  const { player, score, connected, bot } = view
  return {
    name: bot ? texts.bot : player.nickname,
    initial: player.nickname.slice(0, 1),
    avatarUrl: player.avatarUrl,
    score,
    away: !connected,
    bot,
    hand: handOf(snapshot, seat),
    fate: fateOf(snapshot, seat),
    pips: Array.from({ length: Math.ceil(match.bestOf / 2) }, (_, at) => ({ at, on: at < score })),
  }
}

/** Somebody has moved in the open round: the last one is over for good. */
const isMoving = ({ match, move }: GameSnapshot): boolean =>
  match !== null && match.status === 'playing' && (match.seats.some(({ moved }) => moved) || move !== null)

/** What the middle shows: the reveal of the last round until somebody moves, then hidden hands. */
function handOf(snapshot: GameSnapshot, at: SeatIndex): HandKind {
  const { match, seat, move } = snapshot
  if (!match) return 'none'
  if (isMoving(snapshot)) {
    if (at === seat && move) return move
    return match.seats[at]?.moved ? 'hidden' : 'none'
  }
  return match.lastRound?.moves[at] ?? 'none'
}

function fateOf(snapshot: GameSnapshot, at: SeatIndex): SideView['fate'] {
  const last = snapshot.match?.lastRound
  if (!last || isMoving(snapshot)) return ''
  return last.winner === null ? 'drawn' : last.winner === at ? 'won' : 'lost'
}

function hintOf({ match, seat, move }: GameSnapshot, mine: SeatIndex, texts: Texts): string {
  if (!match) return ''
  if (match.status === 'playing') {
    if (seat === null) return texts.watching
    if (move !== null || match.seats[mine]?.moved) return texts.chosen
    if (match.seats[mine === 0 ? 1 : 0]?.moved) return texts.theyMoved
  }
  const last = match.lastRound
  if (!last || match.status === 'finished') return match.status === 'playing' ? texts.choose : ''
  if (last.winner === null) return texts.drawnRound
  if (seat === null) return texts.watching
  if (last.reason === 'timeout' && last.moves[mine] === null) return texts.missed
  return last.winner === mine ? texts.youWonRound : texts.youLostRound
}

function outcomeOf(match: MatchView, mine: SeatIndex): MatchPageView['outcome'] {
  if (match.status !== 'finished' || !match.result) return ''
  if (match.result.winner === null) return 'draw'
  return match.result.winner === mine ? 'win' : 'loss'
}

/** How it ended, from where the player sits; a spectator hears of nobody in particular. */
function reasonOf(match: MatchView, seat: SeatIndex | null, texts: Texts): string {
  if (!match.result) return ''
  const { winner, reason } = match.result
  const [mine, theirs]: [SeatIndex, SeatIndex] = seat === 1 ? [1, 0] : [0, 1]
  const whose = seat === null || winner === null ? 'other' : winner === seat ? 'won' : 'lost'
  if (reason === 'score') return fill(texts.byScore, match.seats[mine]?.score ?? 0, match.seats[theirs]?.score ?? 0)
  if (reason === 'max_rounds') return texts.byMaxRounds
  return (reason === 'forfeit' ? texts.byForfeit : texts.byNoShow)[whose]
}

export function matchPageView(snapshot: GameSnapshot, texts: Texts): MatchPageView {
  const { match, seat } = snapshot
  const mine: SeatIndex = seat ?? 0
  const theirs: SeatIndex = mine === 0 ? 1 : 0
  if (!match) {
    return {
      shown: false, mine: NOBODY, theirs: NOBODY, heading: '', terms: '', hint: '', open: false, chosen: '', playing: false,
      finished: false, watching: false, outcome: '', verdict: '', reason: '', rematch: '', beat: '',
    }
  }
  const playing = match.status === 'playing'
  const outcome = outcomeOf(match, mine)
  return {
    shown: true,
    mine: side(snapshot, match, mine, texts),
    theirs: side(snapshot, match, theirs, texts),
    heading: fill(texts.round, match.round),
    terms: `${texts.modes[match.mode]} · ${fill(texts.bestOf, match.bestOf, Math.ceil(match.bestOf / 2))}`,
    hint: hintOf(snapshot, mine, texts),
    open: playing && seat !== null && snapshot.move === null && !match.seats[mine]?.moved,
    chosen: snapshot.move ?? '',
    playing,
    finished: match.status === 'finished',
    watching: seat === null,
    outcome: seat === null ? '' : outcome,
    verdict: seat === null ? '' : outcome === 'win' ? texts.won : outcome === 'loss' ? texts.lost : outcome === 'draw' ? texts.drawn : '',
    reason: reasonOf(match, seat, texts),
    rematch: match.rematch?.[mine] ? 'asked' : match.rematch?.[theirs] ? 'offered' : '',
    beat: (match.lastRound?.round ?? 0) % 2 ? 'odd' : 'even',
  }
}
