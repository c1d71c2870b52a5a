/** How long to wait before the next attempt. All in milliseconds. */
export interface BackoffOptions {
  /** The first wait. Default 250. */
  minDelayMs: number
  /** The longest wait during the first `patience` failures. Default 2500: a round lasts 10 s. */
  maxDelayMs: number
  /** The wait after `patience` failures in a row. Default 10000. */
  slowDelayMs: number
  /** Failures in a row after which the wait becomes `slowMs`. Default 40, a little over a minute. */
  patience: number
}

/**
 * The wait before the next attempt: doubles with every failure, then stays at the cap, then becomes slow. Half of it is random, so that
 * clients which lost the same node do not come back all at once.
 * @param failures failures in a row, from 0
 * @param random in [0, 1)
 */
export function backoff(failures: number, random: number, options: BackoffOptions): number {
  const cap =
    failures >= options.patience
      ? options.slowDelayMs
      : Math.min(options.maxDelayMs, options.minDelayMs * Math.pow(2, Math.min(failures, 16)))
  return Math.round(cap * (0.5 + random / 2))
}
