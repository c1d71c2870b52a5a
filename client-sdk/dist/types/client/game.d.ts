import type { Connection, RequestOptions } from '../connection/types.ts';
import type { Link } from '../connection/link.ts';
import type { ConnectionState } from '../connection/state.ts';
import type { CommandName, Commands, FindRequest, PublicPlayer, SeatIndex, SyncReply } from '../protocol.ts';
import { Listeners } from '../util/listeners.ts';
import { Moves } from './moves.ts';
import type { GameTiming } from './options.ts';
import type { AnyView, GameProtocol, MoveOf, ViewOf } from './protocol-types.ts';
import { Search } from './search.ts';
import { Store } from './store.ts';
/** All that a page shows, at one moment. */
export interface GameSnapshot<P extends GameProtocol = GameProtocol> {
    readonly connection: ConnectionState;
    /** The player's own record; null until the first login. */
    readonly me: PublicPlayer | null;
    /** The match that is played or watched; the last one until another begins. */
    readonly match: ViewOf<P> | null;
    /** The player's seat in it; null for a spectator. */
    readonly seat: SeatIndex | null;
    /** The search under way, since when in local epoch ms. */
    readonly search: (FindRequest & {
        readonly since: number;
    }) | null;
    /** The player's move of the open round, as far as this client made it. */
    readonly move: MoveOf<P> | null;
}
type Replies = Commands<unknown>;
type Sync = SyncReply<unknown>;
/** A snapshot of whatever game. */
type AnySnapshot = GameSnapshot<{
    move: unknown;
}>;
/** Keeps the game's state in step with the server over whatever the connection goes through. */
export declare class Game {
    readonly store: Store;
    readonly moves: Moves;
    readonly search: Search;
    /** Told of every change, with the snapshot. */
    readonly onChange: Listeners<[AnySnapshot]>;
    private readonly connection;
    private readonly timing;
    private readonly resync;
    private askedAt;
    private syncing;
    constructor(connection: Connection, timing: GameTiming);
    get snapshot(): AnySnapshot;
    /** Sends a command of the contract and resolves with its data. The server takes repeats for one, so it is repeated. */
    command<C extends CommandName>(name: C, request?: Replies[C]['request'], options?: RequestOptions): Promise<Replies[C]['reply']>;
    /** As `command`, sent a single time: who calls has its own reasons to repeat it or not. */
    once<C extends CommandName>(name: C, request?: Replies[C]['request']): Promise<Replies[C]['reply']>;
    /** As `command`, for those that answer with a match: it becomes the current one. */
    enter<C extends 'room:create' | 'room:join' | 'match:watch' | 'match:rematch'>(name: C, request: Replies[C]['request']): Promise<Replies[C]['reply']>;
    /** Takes a view over, as `Store.adopt` does. */
    adopt(view: AnyView, entered?: boolean, askedAt?: number): void;
    /** Asks the server where the player is; one question at a time, however many ask. */
    sync(): Promise<Sync>;
    /** A sign of life from this very link, which is also its news. */
    probe(link: Link): Promise<Sync>;
    setPlayer(player: PublicPlayer): void;
    /** Forgets the match that was played or watched. */
    forget(): void;
    changed(): void;
    private ask;
    /** The view of a match that is not the player's live one (any more). */
    private lookUp;
    private wentUp;
    private received;
    private stateChanged;
    private watchSilence;
}
export {};
