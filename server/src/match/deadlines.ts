import type { Due } from './matches.ts'

/**
 * The timers of matches that this node changed last. They only propose: the commit carries out what is due by Redis
 * time, once, no matter which node asks. For a node that died, the sweeper of another one proposes.
 */
export interface Deadlines {
  /** Asks for what is due in `delayMs`; replaces what was armed for the match before. */
  arm(due: Due, delayMs: number): void
  disarm(match: string): void
  /** Another node has gone past the rounds before this one: nothing is left to ask for them. */
  passed(match: string, round: number): void
  close(): void
}

/** Redis counts whole milliseconds: a little later is never early. */
const MARGIN_MS = 2
/** By so much the same deadline may seem later the next time: the reply took longer. What fires early is armed again. */
const SLACK_MS = 50
/** setTimeout takes no longer delays. */
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
      // Each move says again when the round ends.
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
