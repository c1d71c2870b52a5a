import { GameError } from '../game-error.ts'
import type { FindReply, FindRequest } from '../protocol.ts'
import { Timer } from '../util/timers.ts'
import type { AnyView } from './protocol-types.ts'

export interface SearchOptions {
  /** Sends `match:find` once. */
  send(request: FindRequest): Promise<FindReply<unknown>>
  /** Whether a connection is up. */
  up(): boolean
  /** A search began or ended. */
  onChange(): void
  /** Milliseconds between heartbeats; the server's tickets live 15 s without one. */
  heartbeatMs: number
}

/** The shortest pause between heartbeats, whatever is configured. */
const MIN_BEAT_MS = 50

/**
 * A search for a match: repeated as a heartbeat while queued, and as soon as a connection is up again, so that a phone which was away
 * longer than its ticket lived is queued again.
 */
export class Search {
  private readonly options: SearchOptions
  private readonly beat = new Timer()
  private wish: { request: FindRequest; found: (view: AnyView) => void; lost: (error: GameError) => void } | null = null
  private sending = false
  /** Local epoch ms when the search began. */
  since = 0

  constructor(options: SearchOptions) {
    this.options = options
  }

  get request(): FindRequest | null {
    return this.wish && this.wish.request
  }

  /** Resolves with the match. A new search replaces the one before. */
  start(request: FindRequest): Promise<AnyView> {
    this.stop(new GameError('cancelled'))
    return new Promise<AnyView>((found, lost) => {
      this.wish = { request, found, lost }
      this.since = Date.now()
      this.options.onChange()
      this.send()
    })
  }

  stop(error: GameError): void {
    const { wish } = this
    if (!wish) return
    this.wish = null
    this.beat.stop()
    wish.lost(error)
    this.options.onChange()
  }

  /** A match of this player that is not over has been adopted. */
  onMatch(view: AnyView): void {
    const { wish } = this
    if (!wish) return
    this.wish = null
    this.beat.stop()
    wish.found(view)
    this.options.onChange()
  }

  onUp(): void {
    this.send()
  }

  private send(): void {
    const { wish } = this
    this.beat.stop()
    if (!wish || !this.options.up()) return
    const next = (delayMs: number): void => this.beat.start(Math.max(MIN_BEAT_MS, delayMs), () => this.send())
    if (this.sending) {
      next(this.options.heartbeatMs)
      return
    }
    this.sending = true
    this.options.send(wish.request).then(
      () => {
        this.sending = false
        if (wish === this.wish) next(this.options.heartbeatMs)
        else this.send()
      },
      (error: GameError) => {
        this.sending = false
        if (wish !== this.wish) this.send()
        else if (error.temporary) next(error.retryAfterMs || Math.min(1000, this.options.heartbeatMs))
        else this.stop(error)
      },
    )
  }
}
