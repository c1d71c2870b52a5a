import type { Due } from './matches.ts'

/**
 * The timers of matches that this node changed last. They only propose: the commit carries out what is due by Redis time, exactly once, no
 * matter which node asks. For a dead node, the sweeper of another node proposes.
 */
export interface Deadlines {
  /** Calls `expire` for the match after `delayMs`; replaces the timer that was set for the match before. */
  arm(due: Due, delayMs: number): void
  disarm(match: string): void
  /** Another node has completed the rounds before this one: their timers are not needed any more. */
  passed(match: string, round: number): void
  close(): void
}

/** Redis counts whole milliseconds, so the timer fires a little late rather than early. */
const MARGIN_MS = 2
/** How much later the same deadline may seem the next time, ms, because the reply took longer. A timer that fires early is set again. */
const SLACK_MS = 50
/** setTimeout takes no longer delay, ms. */
const MAX_DELAY_MS = 2_147_483_647

/** @param expire carries out what is due; must not reject */
export function createDeadlines(expire: (due: Due) => Promise<void>): Deadlines {
  const armed = new Map<string, { timer: NodeJS.Timeout; due: Due; at: number }>()
  let closed = false

  function disarm(match: string): void {
    clearTimeout(armed.get(match)?.timer)
    armed.delete(match)
  }

  return {
    arm(due, delayMs) {
      if (closed) return
      const at = performance.now() + Math.max(0, delayMs) + MARGIN_MS
      const before = armed.get(due.match)
      // Each move reports the end of the round again.
      if (before?.due.timer === due.timer && before.due.round === due.round && before.at <= at && at - before.at < SLACK_MS) return
      clearTimeout(before?.timer)
      const fire = (): void => {
        armed.delete(due.match)
        void expire(due)
      }
      armed.set(due.match, { timer: setTimeout(fire, Math.min(MAX_DELAY_MS, at - performance.now())), due, at })
    },
    disarm,
    passed(match, round) {
      const entry = armed.get(match)
      if (entry && entry.due.round < round) disarm(match)
    },
    close() {
      closed = true
      for (const { timer } of armed.values()) clearTimeout(timer)
      armed.clear()
    },
  }
}
