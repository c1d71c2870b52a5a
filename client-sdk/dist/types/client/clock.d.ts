/**
 * What is known of the server's clock: `server time − local time` lies between these two.
 * A message cannot arrive before it was sent, nor an answer be made before its question,
 * so every view narrows the interval, whatever the latency was.
 */
export interface Clock {
    readonly atLeast: number;
    readonly atMost: number;
}
export declare const NO_CLOCK: Clock;
/**
 * Takes one view's `serverTime` into account. All in epoch milliseconds.
 * @param receivedAt local time of arrival
 * @param askedAt local time of the question, if the view answers one
 */
export declare function observe(clock: Clock, serverTime: number, receivedAt: number, askedAt?: number): Clock;
/** The best guess of `server time − local time`, in milliseconds; 0 while nothing is known. */
export declare function offsetOf({ atLeast, atMost }: Clock): number;
