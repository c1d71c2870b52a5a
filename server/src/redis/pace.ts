/**
 * The shortest pause between two writes to Redis. Fewer writes wake Redis, and this process for the replies, less often; but moves wait
 * some milliseconds longer. So the pause follows the load: the share of time in which the event loop was not idle. Below `idle` there is
 * no pause, as there is hardly another move that could share a write.
 */
export const PACE = { idleMs: 0, busyMs: 4, idle: 0.1, busy: 0.3 } as const

/** How long a share is measured over, ms. */
const SAMPLE_MS = 500

export class AdaptivePace {
  #sample = performance.eventLoopUtilization()
  #sampledAt = performance.now()
  #ms: number = PACE.idleMs

  /** The pause at the load of this moment, ms. */
  ms(): number {
    const now = performance.now()
    if (now - this.#sampledAt >= SAMPLE_MS) {
      const current = performance.eventLoopUtilization()
      this.#ms = paceAt(performance.eventLoopUtilization(current, this.#sample).utilization)
      this.#sample = current
      this.#sampledAt = now
    }
    return this.#ms
  }
}

/** The pause between two writes to Redis, ms, at this utilization of the event loop, from 0 to 1. */
export function paceAt(utilization: number): number {
  const share = (utilization - PACE.idle) / (PACE.busy - PACE.idle)
  return PACE.idleMs + (PACE.busyMs - PACE.idleMs) * Math.min(1, Math.max(0, share))
}
