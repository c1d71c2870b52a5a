import type { MatchView } from 'caiquan-client'

/**
 * The stage of the page: `open` – the round can be played, `count` – it is decided and the fists swing, `reveal` – both hands are shown,
 * `ending` – the match ended without a further round, `over` – its result is shown.
 */
export type Phase = 'open' | 'count' | 'reveal' | 'ending' | 'over'

/** What is shown at one moment. It may be older than the last view: each reveal takes its time. */
export interface Stage {
  readonly match: MatchView | null
  readonly phase: Phase
}

/** How long the fists swing before the hands are shown, ms. */
export const COUNT_MS = 450
/** The shortest time for which both hands are shown, ms; longer if the next round opens later. */
export const SHOWN_MS = 1700
/** The time between an end without a reveal and its buttons, ms: a finger may be on its way to a hand. */
export const ENDING_MS = 1000
/**
 * The time between the button that starts another match and the hands, ms: they are where the button was, and a finger may tap it twice.
 */
export const BEGIN_MS = 800

export interface RevealOptions {
  /** The server's time, epoch ms. */
  serverNow(): number
  onChange(stage: Stage): void
}

const decidedOf = (match: MatchView): number => match.lastRound?.round ?? 0

/** Shows one decided round after another, each for as long as it takes to see it, however fast the views arrive. */
export class Reveal {
  private readonly options: RevealOptions
  private match: MatchView | null = null
  private phase: Phase = 'open'
  /** Views with further decided rounds, oldest first; each is the newest one of its round. */
  private readonly waiting: MatchView[] = []
  /** Stops the running timer. */
  private stop = (): void => undefined

  constructor(options: RevealOptions) {
    this.options = options
  }

  get stage(): Stage {
    return { match: this.match, phase: this.phase }
  }

  /** Adopts the view of a new snapshot. Does not call `onChange`: what it changes at once is in `stage`. */
  take(match: MatchView | null): void {
    const shown = this.match
    const newest = this.waiting[this.waiting.length - 1] ?? shown
    if (!match || !shown || !newest || match.id !== shown.id || decidedOf(match) < decidedOf(newest)) {
      this.begin(match)
    } else if (decidedOf(match) > decidedOf(newest)) {
      this.waiting.push(match)
      if (this.phase === 'open') this.showNext()
    } else if (this.waiting.length > 0) {
      this.waiting[this.waiting.length - 1] = match
    } else {
      this.match = match
      if (match.status === 'finished' && this.phase === 'open') this.enter('ending', ENDING_MS, () => this.settle())
      else if (this.phase === 'open') this.untilOpen(match)
    }
  }

  close(): void {
    this.stop()
  }

  /** A match that was not shown before: what happened in it until now is not replayed. */
  private begin(match: MatchView | null): void {
    const afterResult = this.match?.status === 'finished'
    this.stop()
    this.waiting.length = 0
    this.match = match
    this.phase = match?.status === 'finished' ? 'over' : 'open'
    if (match && this.phase === 'open') this.untilOpen(match, afterResult ? BEGIN_MS : 0)
  }

  /** A round that is not open yet is waited for with the last one on the screen. @param min the shortest wait, ms */
  private untilOpen(match: MatchView, min = 0): void {
    const left = Math.max(min, (match.opensAt ?? 0) - this.options.serverNow())
    if (match.status === 'playing' && left > 0) this.enter('reveal', left, () => this.settle())
  }

  private showNext(): void {
    const next = this.waiting.shift()
    if (!next) return
    this.match = next
    this.enter('count', COUNT_MS, () => {
      this.enter('reveal', Math.max(SHOWN_MS, (this.match?.opensAt ?? 0) - this.options.serverNow()), () => this.settle())
      this.changed()
    })
  }

  /** What was shown has been seen. */
  private settle(): void {
    if (this.waiting.length > 0) this.showNext()
    else this.phase = this.match?.status === 'finished' ? 'over' : 'open'
    this.changed()
  }

  private enter(phase: Phase, ms: number, then: () => void): void {
    this.stop()
    this.phase = phase
    const timer = setTimeout(then, ms)
    this.stop = () => clearTimeout(timer)
  }

  private changed(): void {
    this.options.onChange(this.stage)
  }
}
