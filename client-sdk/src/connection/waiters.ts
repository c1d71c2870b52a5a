import type { GameError } from '../game-error.ts'
import { Timer } from '../util/timers.ts'

interface Waiter {
  hasty: boolean
  tell(error: GameError | null): void
}

/** Callers that wait for a connection. */
export class Waiters {
  private list: Waiter[] = []

  /**
   * Resolves with the connection, rejects with its end.
   * @param hasty rejects with the first failure already, however often it will be tried again
   * @param ms longest wait, milliseconds; 0 for no limit
   * @param overdue what to reject with after that
   */
  wait(hasty: boolean, ms: number, overdue: () => GameError): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const timer = new Timer()
      const waiter: Waiter = {
        hasty,
        tell: (error) => {
          timer.stop()
          this.list = this.list.filter((other) => other !== waiter)
          if (error) reject(error)
          else resolve()
        },
      }
      this.list.push(waiter)
      if (ms) timer.start(ms, () => waiter.tell(overdue()))
    })
  }

  /** There is a connection (`error` null), an attempt failed (`onlyHasty`), or the connection has ended. */
  settle(error: GameError | null, onlyHasty = false): void {
    for (const waiter of this.list) if (waiter.hasty || !onlyHasty) waiter.tell(error)
  }
}
