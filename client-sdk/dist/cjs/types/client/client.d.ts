import type { RequestOptions } from '../connection/types.ts';
import type { EventArgs, ReplyOf, RequestArgs } from '../connection/commands.ts';
import type { SharedConnection } from '../connection/shared.ts';
import type { ConnectionState } from '../connection/state.ts';
import type { Host } from '../host/host.ts';
import type { BestOf, Emote, FindRequest, LeaderboardReply, MatchesReply, MatchReply, OnlineReply, ProfileChange, PublicPlayer, SeatIndex, SyncReply, WatchRequest } from '../protocol.ts';
import { type PageLike } from './bind-page.ts';
import { type GameSnapshot } from './game.ts';
import { type GameClientOptions } from './options.ts';
import type { CommandsOf, EventsOf, GameOf, GameProtocol, MoveOf, ViewOf } from './protocol-types.ts';
/**
 * The game client: login, connection, commands, and the state of the game. Made by {@link createGameClient}.
 *
 * Every promise rejects with {@link GameError}: a code of the server's catalogue, or one of the client's own.
 * Commands wait for a connection and are repeated over a lost one until `commandTimeoutMs` has passed;
 * the server takes repeats for one.
 */
export declare class GameClient<P extends GameProtocol = GameProtocol> {
    private readonly host;
    private readonly login;
    private readonly connection;
    private readonly game;
    private readonly bound;
    /** Use {@link createGameClient}. */
    constructor(options: GameClientOptions, host: Host);
    /** The connection's state; `subscribe` tells of its changes. */
    get state(): ConnectionState;
    /** The player's own record; null until the first login. */
    get me(): PublicPlayer | null;
    /** The match that is played or watched; the last one until another begins. */
    get match(): ViewOf<P> | null;
    /** The player's seat in `match`; null for a spectator. */
    get seat(): SeatIndex | null;
    /** All of it at once. */
    get snapshot(): GameSnapshot<P>;
    /**
     * Logs in and connects. Called again, it tries at once if the client waits to try again, and asks the server for a
     * sign of life if it is online.
     * Resolves when online. Rejects with the first failure, but the client goes on trying until `close()`,
     * unless WeChat has `blocked` the account. After `session:replaced` or `close()` it starts again.
     */
    connect(): Promise<void>;
    /** Ends the connection, its timers and its listeners. Subscribers are told, and stay for the next `connect()`. */
    close(): void;
    /** What `createConnection` beside this client uses. */
    get sharedConnection(): SharedConnection['connection'];
    /**
     * Calls the listener now and after every change, with the snapshots in order. Returns the function that ends it, which the
     * listener gets as its second argument, too. A listener that throws at its first call is not added, and its error is thrown on.
     */
    subscribe(listener: (snapshot: GameSnapshot<P>, stop: () => void) => void): () => void;
    /** Listens to one event of the server: `emote`, for example, or one of the team's own. Returns the function that ends it. */
    on<E extends keyof EventsOf<P> & string>(event: E, listener: (...args: EventArgs<EventsOf<P>[E]>) => void): () => void;
    /**
     * Sends a command, of the contract or of the team's own, and resolves with the data of its acknowledgement. It waits for a connection;
     * it is not repeated unless `repeat` is set. Rejects with `GameError`: the server's codes pass as they are.
     */
    request<C extends keyof CommandsOf<P> & string>(event: C, ...args: RequestArgs<CommandsOf<P>[C], RequestOptions>): Promise<ReplyOf<CommandsOf<P>[C]>>;
    /** Sends an event without waiting for an answer; dropped while there is no connection. */
    emit(event: keyof CommandsOf<P> & string, ...args: unknown[]): void;
    /**
     * Keeps the data of a page or a component in step with the game until it unloads or is detached: `select` makes page data of a
     * snapshot, and only keys that changed reach `setData`. A page that is bound again (in `onShow`, for example) is bound once, by
     * the latest `select`. Returns the function that ends it earlier.
     */
    bindPage(page: PageLike, select?: (snapshot: GameSnapshot<P>) => Record<string, unknown>): () => void;
    /** The server's time now, epoch ms, by the best estimate of its clock. */
    serverNow(): number;
    /** Milliseconds until the open round closes, never below 0; null while none is open. */
    remainingMs(): number | null;
    /**
     * Calls the listener with `remainingMs()` now, at every change, and every `everyMs` (default 200) while a
     * round is open. Returns the function that ends it.
     */
    countdown(listener: (remainingMs: number | null) => void, everyMs?: number): () => void;
    /**
     * Looks for an opponent, or for a bot with `practice`. Resolves with the match once there is one. Rejects with
     * `cancelled` after `cancel()` or a newer `find()`. The search survives lost connections.
     */
    find(request: FindRequest): Promise<ViewOf<P>>;
    /** Ends the search. A match that was made at the same moment stands: it arrives as `match`. */
    cancel(): Promise<void>;
    /** Opens a room for a friend. `code` is what the friend joins with. */
    createRoom(bestOf?: BestOf): Promise<{
        match: ViewOf<P>;
        code: string;
    }>;
    /** Takes the second seat of a room. Rejects with `room_not_found`, `room_full`, `room_closed`. */
    joinRoom(code: string): Promise<ViewOf<P>>;
    /** Watches a match of others, by its id or its room's code. */
    watch(request: WatchRequest): Promise<ViewOf<P>>;
    /**
     * Makes a move in the open round. Resolves once the server has stored it. It is held and repeated until
     * then, over lost connections too; rejects with `already_moved`, or with `stale_round` if the round was decided
     * without it. With no match under way: `no_match`.
     */
    move(move: MoveOf<P>): Promise<void>;
    /** Leaves a waiting room, forfeits a running match, forgets one that is over or watched. */
    leave(): Promise<void>;
    /** Asks for another match with the same opponent; null until both have asked, then it arrives as `match`. */
    rematch(): Promise<ViewOf<P> | null>;
    /** Sends an emote to the match. Not repeated if the connection is lost meanwhile. */
    emote(emote: Emote): Promise<void>;
    /** Asks the server for the current state; the client does so by itself whenever there is reason to. */
    sync(): Promise<SyncReply<MoveOf<P>, GameOf<P>>>;
    /**
     * Changes nickname or avatar. `open-type="chooseAvatar"` gives a file that only this phone can open: read it with
     * `wx.getFileSystemManager().readFile({ filePath, encoding: 'base64' })` and pass what it holds as `avatar`.
     */
    updateProfile(profile: ProfileChange): Promise<PublicPlayer>;
    /** The best players, and the caller's own rank. */
    leaderboard(options?: {
        period?: 'all' | 'week';
        limit?: number;
    }): Promise<LeaderboardReply>;
    /** How many play at the moment, in the whole cluster. */
    online(): Promise<OnlineReply>;
    /** The player's recorded matches, newest first; pass `next` as `before` to read on. */
    history(options?: {
        limit?: number;
        before?: string;
    }): Promise<MatchesReply>;
    /** One recorded match with its rounds. */
    record(matchId: string): Promise<MatchReply<MoveOf<P>>>;
    /** Ends the session here and at the server, and closes. The next `connect()` logs in again. */
    logout(): Promise<void>;
}
