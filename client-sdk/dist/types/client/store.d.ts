import type { PublicPlayer, SeatIndex } from '../protocol.ts';
import type { AnyView } from './protocol-types.ts';
/** What is known of the game: the player, the one match, and the server's clock. */
export declare class Store {
    me: PublicPlayer | null;
    match: AnyView | null;
    /** The highest version of `match` that the server is known to have, and since when (local epoch ms). */
    knownVersion: number;
    knownSince: number;
    private clock;
    /** The match that the player has turned away from. */
    private left;
    get seat(): SeatIndex | null;
    /** Server time − local time, in milliseconds. */
    get offset(): number;
    /**
     * Takes a view over if it is newer than what is known; answers 0 when it is not, and 2 when it is by its time only.
     * @param entered the player has just gone into this match: it replaces any other
     * @param askedAt local time of the question that the view answers
     */
    adopt(view: AnyView, entered?: boolean, askedAt?: number): number;
    /** The server is known to have this version. */
    know(matchId: string, version: number): void;
    /** Forgets the match, and what is still told of it. */
    leave(): void;
}
