import type { Overdue } from './referee.ts'

/**
 * Deadlines of the rounds that this node opened, and a sweep for those whose node is gone. Both only
 * propose: the script closes a round by Redis time, once, whoever asks.
 */
export interface Clock {
  /** Asks to close this round in `delayMs`; replaces what was armed for the match before. */
  arm(match: string, round: number, delayMs: number): void
  disarm(match: string): void
  close(): void
}

export interface ClockOptions {
  sweepMs: number
  /** Closes a round if it is due. Must not reject. */
  expire(due: Overdue): Promise<void>
  /** Does whatever is overdue in the cluster. Must not reject. */
  sweep(): Promise<void>
}

/** Redis counts whole milliseconds: a little later is never early. */
const MARGIN_MS = 2

export function createClock({ sweepMs, expire, sweep }: ClockOptions): Clock {
  const timers = new Map<string, NodeJS.Timeout>()
  let closed = false

  const disarm = (match: string): void => {
    clearTimeout(timers.get(match))
    timers.delete(match)
  }

  // A sweep starts only after the one before has ended; the jitter keeps the nodes apart.
  let sweeper: NodeJS.Timeout
  const next = (): void => {
    if (closed) return
    sweeper = setTimeout(() => void sweep().then(next), sweepMs * (0.75 + Math.random() / 2))
  }
  next()

  return {
    arm(match, round, delayMs) {
      if (closed) return
      disarm(match)
      const fire = (): void => {
        timers.delete(match)
        void expire({ match, round })
      }
      timers.set(match, setTimeout(fire, Math.max(0, delayMs) + MARGIN_MS))
    },
    disarm,
    close() {
      closed = true
      clearTimeout(sweeper)
      for (const timer of timers.values()) clearTimeout(timer)
      timers.clear()
    },
  }
}
