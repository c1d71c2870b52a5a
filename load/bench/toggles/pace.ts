/** Writes to Redis at the pace of a busy node, whatever the load. */
import { outgoing, pace, PACE } from '../../../server/src/redis/batching.ts'
import type { Toggle } from '../toggle-clock.ts'

export const toggle: Toggle = {
  on: () => outgoing.setPace(() => PACE.busyMs),
  off: () => outgoing.setPace(pace),
}
