/** The promise's outcome, or a rejection with `timeout` after `ms`: a phone may forget a callback. */
export declare function withTimeout<T>(promise: Promise<T>, ms: number, what: string): Promise<T>;
