import type { GameClient } from 'caiquan-client'
import { fill, type Texts } from './texts'

/** The default length of a round, ms: the bar of a round that is joined late starts part-way. */
const ROUND_MS = 10_000
/** The last seconds, ms. */
const HURRY_MS = 3500
/** If a round should have closed this long ago, the server is silent, ms. */
const OVERDUE_MS = 2500

export interface ClockView {
  seconds: string
  hurry: boolean
  /** `odd` or `even`: restarts the bar's animation. */
  barTurn: string
  barStyle: string
}

export const NO_CLOCK: ClockView = { seconds: '', hurry: false, barTurn: '', barStyle: '' }

export interface RoundClockOptions {
  client: Pick<GameClient, 'countdown' | 'match'>
  texts: Texts
  /** Whether a round is open on the page. */
  runs(): boolean
  onChange(view: ClockView): void
  /** One of the last seconds has begun. */
  onHurry(): void
  onOverdue(overdue: boolean): void
}

/** The clock of the open round: its number and its bar. It stands still while the round is not open on the page. */
export class RoundClock {
  private readonly options: RoundClockOptions
  private readonly release: () => void
  private ms: number | null = null
  private view = NO_CLOCK
  /** The round whose bar runs. */
  private barOf = ''
  private stopWaiting = (): void => undefined
  private late = false

  constructor(options: RoundClockOptions) {
    this.options = options
    this.release = options.client.countdown((ms) => {
      this.ms = ms
      this.watch()
      this.refresh()
    })
  }

  /** Checks again whether the round is open. */
  refresh(): void {
    const { options, ms } = this
    const { match } = options.client
    const runs = ms !== null && match !== null && options.runs()
    const next = runs
      ? { ...this.bar(`${match.id}/${match.round}`, ms), seconds: fill(options.texts.seconds, Math.ceil(ms / 1000)), hurry: ms < HURRY_MS }
      : NO_CLOCK
    if (!runs) this.barOf = ''
    const before = this.view
    if (next.seconds === before.seconds && next.hurry === before.hurry && next.barStyle === before.barStyle) return
    this.view = next
    options.onChange(next)
    if (next.hurry && ms && next.seconds !== before.seconds) options.onHurry()
  }

  close(): void {
    this.release()
    this.stopWaiting()
  }

  /** One animation per round: the page needs no update for each step. */
  private bar(round: string, ms: number): Pick<ClockView, 'barTurn' | 'barStyle'> {
    const { barTurn, barStyle } = this.view
    if (round === this.barOf) return { barTurn, barStyle }
    this.barOf = round
    const from = Math.min(1, ms / ROUND_MS)
    return { barTurn: barTurn === 'odd' ? 'even' : 'odd', barStyle: `--from: ${from.toFixed(3)}; animation-duration: ${Math.round(ms)}ms` }
  }

  private watch(): void {
    this.stopWaiting()
    if (this.ms !== 0) {
      this.setLate(false)
      return
    }
    const timer = setTimeout(() => this.setLate(true), OVERDUE_MS)
    this.stopWaiting = () => clearTimeout(timer)
  }

  private setLate(late: boolean): void {
    if (late === this.late) return
    this.late = late
    this.options.onOverdue(late)
  }
}
