import { GameError, isLost } from '../game-error.ts'
import type { SeatIndex } from '../protocol.ts'
import { equal } from '../util/equal.ts'
import { Timer } from '../util/timers.ts'
import type { AnyView } from './protocol-types.ts'
import { fateOf } from './view.ts'

export interface HeldMove {
  readonly matchId: string
  readonly round: number
  readonly move: unknown
}

export interface MovesOptions {
  /** Sends the move once; resolves with the version that contains it. */
  send(move: HeldMove): Promise<{ version: number }>
  /** Whether a connection is up. */
  up(): boolean
  /** The version of a match that the server is known to have. */
  onVersion(matchId: string, version: number): void
}

interface Held extends HeldMove {
  sending: boolean
  /** The version with which the server acknowledged the move. */
  acked: number | null
  settled: boolean
  promise: Promise<void>
  resolve: () => void
  reject: (error: GameError) => void
}

/**
 * Holds the player's move of the open round and repeats it until the server has acknowledged it or the round has passed, and again if a
 * later view shows that the server does not have it (a Redis replica that took over may lack the last moment, with a round that was decided
 * in it). The server treats repeats as one move.
 */
export class Moves {
  private readonly options: MovesOptions
  private held: Held | null = null
  /** The moves of one match, by round, in case the server goes back to an earlier round. */
  private made: unknown[] = []
  private madeIn = ''
  private readonly again = new Timer()

  constructor(options: MovesOptions) {
    this.options = options
  }

  /** The move held for this round, acknowledged or not. */
  moveOf(matchId: string, round: number): unknown {
    const { held } = this
    return held && held.matchId === matchId && held.round === round ? held.move : null
  }

  /** Resolves once the move is stored. Rejects with `already_moved`, `stale_round` or another error of the server. */
  hold(matchId: string, round: number, move: unknown): Promise<void> {
    const before = this.held
    if (before && before.matchId === matchId && before.round === round) {
      return equal(before.move, move) ? before.promise : Promise.reject(new GameError('already_moved'))
    }
    this.forget(new GameError('stale_round'))
    let resolve = (): void => undefined
    let reject: (error: GameError) => void = () => undefined
    const promise = new Promise<void>((yes, no) => {
      resolve = yes
      reject = no
    })
    promise.catch(() => undefined)
    if (this.madeIn !== matchId) this.made = []
    this.made[round] = move
    this.madeIn = matchId
    this.held = { matchId, round, move, sending: false, acked: null, settled: false, promise, resolve, reject }
    this.send()
    return promise
  }

  /** A view has been adopted: it may show what happened to the move. @param back whether it is later, but not by its version */
  onView(view: AnyView, seat: SeatIndex | null, back = false): void {
    if (seat === null) return
    const mine = view.seats[seat]
    // Held already, unless its round had been decided before; only moves that are sent again have a deadline.
    const again = view.id === this.madeIn && view.deadlineAt && mine && !mine.moved ? this.made[view.round] : undefined
    if (again !== undefined) void this.hold(view.id, view.round, again)
    const { held } = this
    if (!held) return
    const fate = fateOf(view, seat, held.matchId, held.round, held.move)
    if (fate === 'counted') {
      this.done(held)
      this.forget()
    } else if (fate === 'superseded') {
      this.forget(new GameError('stale_round'))
    } else if (fate === 'missing') {
      if (held.acked !== null && (back || view.version >= held.acked)) {
        held.acked = null
        this.send()
      }
    } else if (held.settled && (view.id !== held.matchId || view.round > held.round)) {
      this.forget()
    }
  }

  /** A connection is up: moves without an acknowledgement are sent again. */
  onUp(): void {
    this.send()
  }

  close(error: GameError): void {
    this.forget(error)
  }

  private send(): void {
    const { held } = this
    this.again.stop()
    if (!held || held.sending || held.acked !== null || !this.options.up()) return
    held.sending = true
    this.options.send(held).then(
      ({ version }) => {
        held.sending = false
        if (held !== this.held) return
        held.acked = version
        this.done(held)
        this.options.onVersion(held.matchId, version)
      },
      (error: GameError) => {
        held.sending = false
        if (held !== this.held) return
        if (isLost(error)) {
          // A new connection calls `onUp`; if there is one already, its call came too early.
          this.send()
        } else if (error.temporary) {
          this.again.start(error.retryAfterMs || 500, () => this.send())
        } else {
          // The server may reach a round again that it does not know yet or any more; otherwise it is not sent the move again.
          if (error.code !== 'stale_round') this.madeIn = ''
          this.forget(error)
        }
      },
    )
  }

  private done(held: Held): void {
    held.settled = true
    held.resolve()
  }

  private forget(error?: GameError): void {
    const { held } = this
    this.held = null
    this.again.stop()
    if (held && !held.settled && error) held.reject(error)
  }
}
