/** How long to wait before the next attempt. All in milliseconds. */
export interface BackoffOptions {
    /** The first wait. Default 250. */
    minDelayMs: number;
    /** The longest wait while the trouble is new. Default 2500: a round lasts 10 s. */
    maxDelayMs: number;
    /** The wait once `patience` attempts in a row have failed. Default 10000. */
    slowDelayMs: number;
    /** Failures in a row after which the trouble is no longer new. Default 40, somewhat over a minute. */
    patience: number;
}
/**
 * The wait before the next attempt: doubles with every failure, then stays at the cap, then goes slow.
 * Half of it is random, so that clients which lost the same node do not come back as one.
 * @param failures failures in a row, from 0
 * @param random in [0, 1)
 */
export declare function backoff(failures: number, random: number, options: BackoffOptions): number;
