import { isOutage } from './errors.ts'
import type { Log } from './log.ts'

/** Work that is looked for again and again, on every node. */
export interface Poll {
  /** There is something to do now. */
  wake(): void
  /** Takes up nothing more, and waits a moment for what is in hand. */
  close(): Promise<void>
}

export interface PollOptions {
  /** Time between two looks, ms; nodes do not look all at once. */
  everyMs: number
  /** Does what is there. Returns true if there may be more. */
  round(): Promise<boolean>
  /** What cannot be done, for the log. */
  what: string
  /** Learns of every error of a store. */
  failed(error: unknown): void
  log: Log
}

const OUTAGE_PAUSE_MS = 1000
/** What is cut off here must be done again by another node anyway, as if this one had died. */
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
        if (!isOutage(error)) log.error({ err: error }, `${what} could not be done: trying again`)
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
