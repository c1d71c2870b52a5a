import { GameError } from '../game-error.ts'
import { Timer } from './timers.ts'

/** The promise's outcome, or a rejection with `timeout` after `ms`: a phone may forget a callback. */
export function withTimeout<T>(promise: Promise<T>, ms: number, what: string): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = new Timer()
    timer.start(ms, () => reject(new GameError('timeout', `no answer from ${what}`)))
    promise.then(
      (value) => {
        timer.stop()
        resolve(value)
      },
      (error: unknown) => {
        timer.stop()
        reject(error instanceof Error ? error : new GameError('internal', String(error)))
      },
    )
  })
}
