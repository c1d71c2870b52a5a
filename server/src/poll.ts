import { isOutage } from './errors.ts'
import type { Log } from './log.ts'

/** Work that every node looks for at regular intervals. */
export interface Poll {
  /** There is something to do now: look at once. */
  wake(): void
  /** Starts nothing more, and waits a moment for work in progress. */
  close(): Promise<void>
}

export interface PollOptions {
  /** Time between two looks, ms; randomised, so that nodes do not look all at once. */
  everyMs: number
  /** Does the work that is due. Returns true if there may be more. */
  round(): Promise<boolean>
  /** What failed, for the log. */
  what: string
  /** Called with every error of a store. */
  failed(error: unknown): void
  log: Log
}

const OUTAGE_PAUSE_MS = 1000
/** Work that is cut off here is done again by another node, as if this one had died. */
const CLOSE_MS = 2000

export function startPoll({ everyMs, round, what, failed, log }: PollOptions): Poll {
  let stopped = false
  let woken = Promise.withResolvers<void>()

  async function run(): Promise<void> {
    while (!stopped) {
      woken = Promise.withResolvers<void>()
      let pause = everyMs * (0.75 + Math.random() / 2)
      try {
        if (await round()) continue
      } catch (error) {
        failed(error)
        if (!isOutage(error)) log.error({ err: error }, `${what} failed: trying again`)
        pause = Math.max(pause, OUTAGE_PAUSE_MS)
      }
      if (stopped) return
      const timer = setTimeout(woken.resolve, pause)
      timer.unref()
      await woken.promise
      clearTimeout(timer)
    }
  }
  const running = run()

  return {
    wake: () => woken.resolve(),
    async close() {
      stopped = true
      woken.resolve()
      const { promise: late, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, CLOSE_MS)
      await Promise.race([running, late])
      clearTimeout(timer)
    },
  }
}
