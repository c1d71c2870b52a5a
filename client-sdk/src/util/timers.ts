// The hosts' own timers, named here so that the sources need neither lib.dom nor Node's types.
declare function setTimeout(run: () => void, delayMs: number): unknown
declare function clearTimeout(timer: unknown): void

/** One timer with one owner: starting it again replaces the earlier run. */
export class Timer {
  private handle: unknown
  /** Whether the timer is going to fire. */
  active = false

  /** Runs `run` once after `delayMs`, instead of what this timer was set to before. */
  start(delayMs: number, run: () => void): void {
    this.stop()
    this.active = true
    this.handle = setTimeout(() => {
      this.active = false
      run()
    }, delayMs)
  }

  stop(): void {
    if (this.active) clearTimeout(this.handle)
    this.active = false
  }
}

/** Raises an error of the app's own code where the app's error handler sees it and ours does not break. */
export function raiseLater(error: unknown): void {
  setTimeout(() => {
    throw error
  }, 0)
}
