import type { OwnPlayer, SeatIndex } from '../protocol.ts'
import { NO_CLOCK, observe, offsetOf, type Clock } from './clock.ts'
import type { AnyView } from './protocol-types.ts'
import { seatOf, selectView } from './view.ts'

/** What is known of the game: the player, the one match, and the server's clock. */
export class Store {
  me: OwnPlayer | null = null
  match: AnyView | null = null
  /** The highest version of `match` that the server is known to have, and since when (local epoch ms). */
  knownVersion = 0
  knownSince = 0
  private clock: Clock = NO_CLOCK
  /** The match that the player has left. */
  private left = ''

  get seat(): SeatIndex | null {
    return seatOf(this.match, this.me ? this.me.id : undefined)
  }

  /** Server time − local time, in milliseconds. */
  get offset(): number {
    return offsetOf(this.clock)
  }

  /**
   * Adopts a view if it is newer than the current one. Returns 0 if it is not, and 2 if it is newer by its time only.
   * @param entered whether the player has just entered this match: it replaces any other
   * @param askedAt local time of the request, if the view is its reply
   */
  adopt(view: AnyView, entered?: boolean, askedAt?: number): number {
    this.clock = observe(this.clock, view.serverTime, Date.now(), askedAt)
    const { match } = this
    const other = !match || match.id !== view.id
    // A match that was left is shown again only if the player enters it again.
    if (other && !entered && view.id === this.left) return 0
    const next = entered && other ? view : selectView(match, view, this.me ? this.me.id : undefined)
    if (next === match) return 0
    const back = match && next.version <= match.version
    if (other || back) this.knownVersion = 0
    this.match = next
    this.know(next.id, next.version)
    return back ? 2 : 1
  }

  /** The server is known to have this version. */
  know(matchId: string, version: number): void {
    if (!this.match || this.match.id !== matchId || version <= this.knownVersion) return
    this.knownVersion = version
    this.knownSince = Date.now()
  }

  /** Forgets the match, and what the server may still send about it. */
  leave(): void {
    if (this.match) this.left = this.match.id
    this.match = null
  }
}
