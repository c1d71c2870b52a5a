import type { EventEmitter } from 'node:events'
import { describeExit, type Exit, type Service, type ServiceEvents } from '../services/process.ts'

/** What the supervisor needs of a service. */
export type Supervised = Pick<Service, 'name' | 'logFile' | 'wanted' | 'start'> & Pick<EventEmitter<ServiceEvents>, 'on' | 'off'>

const FIRST_DELAY_MS = 200
const MAX_DELAY_MS = 30_000
/** A service that ran this long counts as healthy: after its next failure the delays start from the shortest one, ms. */
const STABLE_MS = 60_000

/** Milliseconds before restart number `attempt` (from 0) in a row. */
export const backoffMs = (attempt: number): number => Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt)

/**
 * Starts a service again whenever it ends unexpectedly, with growing delays while it keeps failing.
 * @returns a function that ends the supervision
 */
export function supervise(service: Supervised, note: (line: string) => void): () => void {
  let attempt = 0
  let startedAt = performance.now()
  let timer: NodeJS.Timeout | undefined
  let ended = false

  const onStarted = (): void => {
    startedAt = performance.now()
  }
  const onExited = (exit: Exit): void => {
    if (!service.wanted) return
    if (performance.now() - startedAt > STABLE_MS) attempt = 0
    const delay = backoffMs(attempt++)
    note(`${service.name} ended (${describeExit(exit)}): starting it again in ${delay / 1000} s (log: ${service.logFile})`)
    clearTimeout(timer)
    timer = setTimeout(() => {
      if (!service.wanted) return
      service.start().then(
        () => note(`${service.name} runs again`),
        // Its end was an event of its own, which has scheduled the next attempt.
        (error: unknown) => {
          if (!ended) note(error instanceof Error ? error.message : String(error))
        },
      )
    }, delay)
  }
  service.on('started', onStarted)
  service.on('exited', onExited)
  return () => {
    ended = true
    clearTimeout(timer)
    service.off('started', onStarted)
    service.off('exited', onExited)
  }
}
