/** The measurements of one kind of wait, in milliseconds: smoothed mean and variation (as in RFC 6298). */
export interface RoundTrips {
  readonly mean: number
  readonly variation: number
}

/** Nothing has been measured yet. */
export const UNMEASURED: RoundTrips = { mean: 0, variation: 0 }

/** Takes one more measurement into account. */
export function measured({ mean, variation }: RoundTrips, ms: number): RoundTrips {
  if (!mean) return { mean: ms, variation: ms / 2 }
  return { mean: mean * 0.875 + ms * 0.125, variation: variation * 0.75 + Math.abs(mean - ms) * 0.25 }
}

/**
 * After how many milliseconds the next one is late: beyond what it took so far with its variation, between the two bounds. The upper bound
 * counts from the mean, since no other server replies before the network does, and is at least half of the mean: on a slow network a lost
 * packet is sent again after more than a round trip.
 */
export function lateAfter({ mean, variation }: RoundTrips, minMs: number, maxMs: number): number {
  return Math.min(Math.max(minMs, mean + 4 * variation), mean + Math.max(maxMs, mean / 2))
}
