// The hosts' own timers, named here so that the sources need neither lib.dom nor Node's types.
declare function setTimeout(run: () => void, delayMs: number): unknown
declare function clearTimeout(timer: unknown): void

/** The longest delay that `setTimeout` takes, in milliseconds (some 25 days); a longer one fires at once. */
const LONGEST_MS = 0x7fffffff

/** One timer with one owner: starting it again replaces the earlier run. */
export class Timer {
  private handle: unknown
  /** Whether the timer is going to fire. */
  active = false

  /** Runs `run` once after `delayMs`, instead of what this timer was set to before. What is no number counts as 0. */
  start(delayMs: number, run: () => void): void {
    this.stop()
    this.active = true
    const delay = delayMs > 0 ? delayMs : 0
    this.handle =
      delay > LONGEST_MS
        ? setTimeout(() => this.start(delay - LONGEST_MS, run), LONGEST_MS)
        : setTimeout(() => {
            this.active = false
            run()
          }, delay)
  }

  stop(): void {
    if (this.active) clearTimeout(this.handle)
    this.active = false
  }
}

/** Raises an error of the app's own code where the app's error handler sees it and ours does not break. */
export function reportError(error: unknown): void {
  setTimeout(() => {
    throw error
  }, 0)
}
