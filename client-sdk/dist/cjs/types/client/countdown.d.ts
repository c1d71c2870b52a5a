/** See `GameClient.countdown`. Ticks fall on whole multiples of `everyMs`, so a shown second changes on time. */
export declare function countdown(subscribe: (listener: () => void) => () => void, remainingMs: () => number | null, listener: (remainingMs: number | null) => void, everyMs: number): () => void;
