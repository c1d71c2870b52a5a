import { GameError } from '../game-error.ts';
import type { SeatIndex } from '../protocol.ts';
import type { AnyView } from './protocol-types.ts';
export interface HeldMove {
    readonly matchId: string;
    readonly round: number;
    readonly move: unknown;
}
export interface MovesOptions {
    /** Sends the move once; resolves with the version that contains it. */
    send(move: HeldMove): Promise<{
        version: number;
    }>;
    /** Whether a connection is up. */
    up(): boolean;
    /** The version of a match that the server is known to have. */
    onVersion(matchId: string, version: number): void;
}
/**
 * Holds the player's move of the open round and repeats it until the server has acknowledged it or the
 * round has passed, and again if a later view shows that the server does not have it (a Redis
 * replica that took over may lack the last moment, with a round that was decided in it). The server takes repeats
 * for one move.
 */
export declare class Moves {
    private readonly options;
    private held;
    /** The moves of one match, by round, for when the server goes back to one. */
    private made;
    private madeIn;
    private readonly again;
    constructor(options: MovesOptions);
    /** The move held for this round, acknowledged or not. */
    moveOf(matchId: string, round: number): unknown;
    /** Resolves once the move is stored. Rejects with `already_moved`, `stale_round` or another answer of the server. */
    hold(matchId: string, round: number, move: unknown): Promise<void>;
    /** A view has been taken over: it may show what became of the move. @param back it is later, and not by its version */
    onView(view: AnyView, seat: SeatIndex | null, back?: boolean): void;
    /** A connection is up: what is not acknowledged goes out again. */
    onUp(): void;
    close(error: GameError): void;
    private send;
    private done;
    private forget;
}
