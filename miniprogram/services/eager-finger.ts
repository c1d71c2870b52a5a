/** For how long after the result a finger may still be tapping hands, ms. */
const EAGER_MS = 2000
/** After a rest of this length a tap is deliberate, ms. */
const CALM_MS = 700

/**
 * Tells a tap that is meant for a button of the result from one of a finger that was tapping hands when the match ended: the buttons are
 * where the hands were.
 */
export class EagerFinger {
  private finishedAt = 0
  private lastTap = 0

  /** A hand was tapped. */
  tapped(): void {
    this.lastTap = Date.now()
  }

  /** The result has replaced the hands. */
  finished(): void {
    this.finishedAt = Date.now()
  }

  /** Whether a tap on a button of the result counts. One that does not count keeps the finger eager. */
  isMeant(): boolean {
    const now = Date.now()
    if (now - this.finishedAt > EAGER_MS || now - this.lastTap > CALM_MS) return true
    this.lastTap = now
    return false
  }
}
