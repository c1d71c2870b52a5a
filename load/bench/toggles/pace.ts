/** Writes to Redis at the pace of a busy node, whatever the load. */
import { AdaptivePace, PACE } from '../../../server/src/redis/pace.ts'
import type { Toggle } from '../toggle-clock.ts'

const adaptive = Object.getOwnPropertyDescriptor(AdaptivePace.prototype, 'ms') ?? {}

export const toggle: Toggle = {
  on: () => Object.defineProperty(AdaptivePace.prototype, 'ms', { ...adaptive, value: () => PACE.busyMs }),
  off: () => Object.defineProperty(AdaptivePace.prototype, 'ms', adaptive),
}
