/** Milliseconds between ticks, unless something else is asked for that makes sense. */
export declare const DEFAULT_STEP_MS = 200;
/** See `GameClient.countdown`. Ticks fall on whole multiples of `everyMs`, so a shown second changes on time. */
export declare function countdown(subscribe: (listener: () => void) => () => void, remainingMs: () => number | null, listener: (remainingMs: number | null) => void, everyMs: number): () => void;
