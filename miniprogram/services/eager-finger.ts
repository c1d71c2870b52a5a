/** For how long after the result a finger may still be tapping hands, ms. */
const EAGER_MS = 2000
/** A finger that has rested for this long means what it taps, ms. */
const CALM_MS = 700

/**
 * Tells a tap that is meant for a button of the result from that of a finger which was tapping hands when the match
 * ended: the buttons stand where the hands were.
 */
export class EagerFinger {
  private finishedAt = 0
  private lastTap = 0

  /** A hand was tapped. */
  tapped(): void {
    this.lastTap = Date.now()
  }

  /** The result has taken the place of the hands. */
  finished(): void {
    this.finishedAt = Date.now()
  }

  /** Whether a tap on a button of the result counts. One that does not keeps the finger eager. */
  isMeant(): boolean {
    const now = Date.now()
    if (now - this.finishedAt > EAGER_MS || now - this.lastTap > CALM_MS) return true
    this.lastTap = now
    return false
  }
}
