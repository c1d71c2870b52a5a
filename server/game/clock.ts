import type { Overdue } from './referee.ts'

/**
 * Deadlines of the rounds that this node opened, and a sweep for those whose node is gone. Both only
 * propose: the script closes a round by Redis time, once, whoever asks.
 */
export interface Clock {
  /** Asks to close this round in `delayMs`; replaces what was armed for the match before. */
  arm(match: string, round: number, delayMs: number): void
  disarm(match: string): void
  /** Another node has closed the rounds before this one: nothing is left to ask for them. */
  passed(match: string, round: number): void
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
/** By so much the same deadline may seem later the next time: the reply took longer. An early fire is asked again. */
const SLACK_MS = 50

export function createClock({ sweepMs, expire, sweep }: ClockOptions): Clock {
  const timers = new Map<string, { timer: NodeJS.Timeout; round: number; at: number }>()
  let closed = false

  const disarm = (match: string): void => {
    clearTimeout(timers.get(match)?.timer)
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
      const at = performance.now() + Math.max(0, delayMs) + MARGIN_MS
      const armed = timers.get(match)
      // Each move says again when the round ends.
      if (armed?.round === round && armed.at <= at && at - armed.at < SLACK_MS) return
      clearTimeout(armed?.timer)
      const fire = (): void => {
        timers.delete(match)
        void expire({ match, round })
      }
      timers.set(match, { timer: setTimeout(fire, at - performance.now()), round, at })
    },
    disarm,
    passed(match, round) {
      const armed = timers.get(match)
      if (armed && armed.round < round) disarm(match)
    },
    close() {
      closed = true
      clearTimeout(sweeper)
      for (const { timer } of timers.values()) clearTimeout(timer)
      timers.clear()
    },
  }
}
