import { GameError } from '../game-error.ts';
import type { FindReply, FindRequest } from '../protocol.ts';
import type { AnyView } from './protocol-types.ts';
export interface SearchOptions {
    /** Sends `match:find` once. */
    send(request: FindRequest): Promise<FindReply<unknown>>;
    /** Whether a connection is up. */
    up(): boolean;
    /** A search began or ended. */
    onChange(): void;
    /** Milliseconds between heartbeats; the server's tickets live 15 s without one. */
    heartbeatMs: number;
}
/**
 * The wish for a match: repeated as a heartbeat while queued, and as soon as a connection is up again,
 * so that a phone which was away longer than its ticket lived is queued anew.
 */
export declare class Search {
    private readonly options;
    private readonly beat;
    private wish;
    private sending;
    /** Local epoch ms when the search began. */
    since: number;
    constructor(options: SearchOptions);
    get request(): FindRequest | null;
    /** Resolves with the match. A new search takes the place of the one before. */
    start(request: FindRequest): Promise<AnyView>;
    stop(error: GameError): void;
    /** A match of this player's that is not over has been taken over. */
    onMatch(view: AnyView): void;
    onUp(): void;
    private send;
}
