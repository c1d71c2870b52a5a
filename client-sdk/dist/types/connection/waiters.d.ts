import type { GameError } from '../game-error.ts';
/** Those who wait for a connection. */
export declare class Waiters {
    private list;
    /**
     * Resolves with the connection, rejects with its end.
     * @param hasty rejects with the first failure already, however often it will be tried again
     * @param ms milliseconds to wait at most; 0 for no limit
     * @param overdue what to reject with then
     */
    wait(hasty: boolean, ms: number, overdue: () => GameError): Promise<void>;
    /** There is a connection (`error` null), an attempt failed (`onlyHasty`), or it is over. */
    settle(error: GameError | null, onlyHasty?: boolean): void;
}
