import type { GameSnapshot, MatchView, Move } from 'caiquan-client'
import { fill, type Texts } from './texts'

/** What a tap on a button asks for. */
export type Action = 'find' | 'bot' | 'cancel' | 'leave' | 'again' | 'back' | 'connect' | Move

/** A line of text in the middle of the screen; `y` and `size` in points. */
export interface Line {
  text: string
  y: number
  size: number
  faint?: boolean
}

/** A button, in points from the top left corner. */
export interface Button {
  text: string
  /** Below the text, small: not every screen can draw the hands as signs. */
  name?: string
  action: Action
  x: number
  y: number
  width: number
  height: number
  primary?: boolean
  chosen?: boolean
  disabled?: boolean
}

export interface Scene {
  lines: Line[]
  buttons: Button[]
}

/** The part of the screen that nothing covers, in points. */
export interface Area {
  left: number
  top: number
  width: number
  height: number
}

/** What the scene is made from, besides the snapshot. */
export interface Moment {
  area: Area
  texts: Texts
  /** The server's clock, epoch ms. */
  now: number
  /** Milliseconds until the open round ends; null if none is open. */
  remainingMs: number | null
  /** The player has asked for another match against the same opponent. */
  asked: boolean
  /** The player has closed the ended match. */
  dismissed: boolean
  /** The last error; empty if there is none. */
  failure: string
}

const HANDS: [Move, string][] = [
  ['rock', '✊'],
  ['paper', '✋'],
  ['scissors', '✌️'],
]
const signOf = (move: Move | null): string => (HANDS.find(([name]) => name === move) || ['', '–'])[1]
const nameOf = (move: Move | null, texts: Texts): string => (move === null ? '' : texts[move])

const column = ({ area }: Moment, ...buttons: (Pick<Button, 'text' | 'action'> & Partial<Button>)[]): Button[] =>
  buttons.map((button, index) =>
    Object.assign({ x: area.left + 32, width: area.width - 64, y: area.top + area.height * 0.62 + index * 64, height: 52 }, button),
  )

function connectionLine({ connection }: GameSnapshot, texts: Texts): string {
  const { status } = connection
  if (status === 'online' || status === 'suspended') return ''
  if (status === 'closed') return connection.reason === 'replaced' ? texts.replaced : texts.closed
  return status === 'offline' ? texts.offline : texts.connecting
}

/** Whether a decided round is being shown: the next one opens afterwards. */
export const revealing = (match: MatchView, now: number): boolean => match.lastRound !== null && (match.opensAt || 0) > now

function roundLines(match: MatchView, seat: 0 | 1, moment: Moment): Line[] {
  const { texts, now, area } = moment
  const { lastRound } = match
  const y = area.top + area.height * 0.36
  const opponent = match.seats[seat === 0 ? 1 : 0]
  if (lastRound && (match.status === 'finished' || revealing(match, now))) {
    const [mine, theirs] = seat === 0 ? lastRound.moves : [lastRound.moves[1], lastRound.moves[0]]
    const said = lastRound.winner === null ? texts.drawnRound : lastRound.winner === seat ? texts.wonRound : texts.lostRound
    return [
      { text: `${signOf(mine)}   ${signOf(theirs)}`, y, size: 48 },
      { text: `${nameOf(mine, texts)} – ${nameOf(theirs, texts)}`, y: y + 44, size: 16, faint: true },
      { text: match.status === 'finished' ? '' : said, y: y + 76, size: 20 },
    ]
  }
  if (match.status === 'waiting') return [{ text: texts.waiting, y, size: 20 }]
  const mine = match.seats[seat]
  const hint = opponent && !opponent.connected ? texts.away : mine && mine.moved ? texts.chosen : texts.choose
  const seconds = moment.remainingMs === null ? '' : fill(texts.seconds, Math.ceil(moment.remainingMs / 1000))
  return [
    { text: hint, y, size: 20 },
    { text: seconds, y: y + 40, size: 28 },
  ]
}

function matchScene(snapshot: GameSnapshot, match: MatchView, seat: 0 | 1, moment: Moment): Scene {
  const { area, texts, now } = moment
  const [me, opponent] = seat === 0 ? match.seats : [match.seats[1], match.seats[0]]
  const lines: Line[] = [
    {
      text: `${texts.you}  ${me ? me.score : 0} : ${opponent ? opponent.score : 0}  ${opponent ? opponent.player.nickname : ''}`,
      y: area.top + area.height * 0.2,
      size: 24,
    },
    ...roundLines(match, seat, moment),
  ]
  if (match.status === 'finished') {
    const winner = match.result ? match.result.winner : null
    lines.push({
      text: winner === null ? texts.drawn : winner === seat ? texts.won : texts.lost,
      y: area.top + area.height * 0.5,
      size: 32,
    })
    return {
      lines,
      buttons: column(
        moment,
        { text: moment.asked ? texts.asked : texts.again, action: 'again', primary: true, disabled: moment.asked },
        { text: texts.other, action: 'find' },
        { text: texts.back, action: 'back' },
      ),
    }
  }
  const width = (area.width - 64) / 3 - 8
  const mine = snapshot.move
  // The result has no buttons while the last round is shown.
  const open = match.status === 'playing' && !revealing(match, now) && mine === null && !(me && me.moved)
  const hands = HANDS.map(([action, text], index): Button => ({
    text,
    name: texts[action],
    action,
    x: area.left + 32 + index * (width + 12),
    y: area.top + area.height * 0.58,
    width,
    height: width,
    chosen: mine === action,
    disabled: !open,
  }))
  return { lines, buttons: [...hands, ...column(moment, { text: texts.leave, action: 'leave', y: area.top + area.height - 72 })] }
}

/** Everything that the screen shows; it follows from the snapshot and the moment. */
export function sceneOf(snapshot: GameSnapshot, moment: Moment): Scene {
  const { area, texts, failure } = moment
  const { connection, match, me, search, seat } = snapshot
  const status: Line = { text: failure || connectionLine(snapshot, texts), y: area.top + area.height * 0.1, size: 16, faint: true }
  if (connection.status === 'closed')
    return { lines: [status], buttons: column(moment, { text: status.text, action: 'connect', primary: true }) }
  if (match && seat !== null && !(moment.dismissed && match.status === 'finished') && !search) {
    const scene = matchScene(snapshot, match, seat, moment)
    return { lines: [status, ...scene.lines], buttons: scene.buttons }
  }
  const title: Line = { text: texts.title, y: area.top + area.height * 0.25, size: 40 }
  if (search)
    return {
      lines: [status, title, { text: texts.searching, y: area.top + area.height * 0.42, size: 20 }],
      buttons: column(moment, { text: texts.cancel, action: 'cancel' }),
    }
  const lines = [status, title, { text: texts.idle, y: area.top + area.height * 0.36, size: 16, faint: true }]
  if (me) lines.push({ text: `${me.nickname} · ${fill(texts.rating, me.rating)}`, y: area.top + area.height * 0.44, size: 20 })
  return { lines, buttons: column(moment, { text: texts.find, action: 'find', primary: true }, { text: texts.bot, action: 'bot' }) }
}
