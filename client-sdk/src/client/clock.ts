/**
 * What is known of the server's clock: `server time − local time` lies between these two. A message cannot arrive before it was sent, and a
 * reply cannot be made before its request, so every view narrows the interval, whatever the latency was.
 */
export interface Clock {
  readonly atLeast: number
  readonly atMost: number
}

export const NO_CLOCK: Clock = { atLeast: -Infinity, atMost: Infinity }

/**
 * Takes one view's `serverTime` into account. All times in epoch milliseconds.
 * @param receivedAt local time of arrival
 * @param askedAt local time of the request, if the view is its reply
 */
export function observe(clock: Clock, serverTime: number, receivedAt: number, askedAt?: number): Clock {
  const atLeast = serverTime - receivedAt
  const atMost = askedAt === undefined ? Infinity : serverTime - askedAt
  const next = { atLeast: Math.max(clock.atLeast, atLeast), atMost: Math.min(clock.atMost, atMost) }
  // A contradiction to earlier values means that a clock was set: then only the present counts.
  return next.atLeast > next.atMost ? { atLeast, atMost } : next
}

/** The best guess of `server time − local time`, in milliseconds; 0 while nothing is known. */
export function offsetOf({ atLeast, atMost }: Clock): number {
  if (atLeast === -Infinity) return 0
  return Math.round(atMost === Infinity ? atLeast : (atLeast + atMost) / 2)
}
