/** One timer with one owner: starting it again replaces the earlier run. */
export declare class Timer {
    private handle;
    /** Whether the timer is going to fire. */
    active: boolean;
    /** Runs `run` once after `delayMs`, instead of what this timer was set to before. What is no number counts as 0. */
    start(delayMs: number, run: () => void): void;
    stop(): void;
}
/** Raises an error of the app's own code where the app's error handler sees it and ours does not break. */
export declare function raiseLater(error: unknown): void;
