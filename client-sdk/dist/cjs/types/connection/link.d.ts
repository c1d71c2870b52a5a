import { GameError } from '../game-error.ts';
/** As much of a Socket.IO client as a link uses: ours, the official one, or `weapp.socket.io`. */
export interface SocketLike {
    /** False after the server refused the handshake; older clients do not have it. */
    readonly active?: boolean;
    /** The official client's manager, which tells of the server's pings. */
    readonly io?: unknown;
    on(event: string, listener: (...args: never[]) => void): unknown;
    onAny(listener: (event: string, ...args: unknown[]) => void): unknown;
    emit(event: string, ...args: unknown[]): unknown;
    disconnect(): unknown;
}
/** `io` of a Socket.IO client. */
export type IoLike = (url: string, options: object) => SocketLike;
export interface LinkOptions {
    /** Another Socket.IO client than the one built in. */
    io: IoLike | undefined;
    url: string;
    /** Passed to `io` as they are. */
    socketOptions: object;
    /** Milliseconds until the handshake of Socket.IO itself is done, login by the server included. */
    connectTimeoutMs: number;
    /** The whole time that an acknowledgement may take, milliseconds. */
    ackTimeoutMs: number;
}
export interface LinkEvents {
    up(): void;
    event(name: string, args: unknown[]): void;
    /** Something came from the server, were it only its ping. */
    heard(): void;
    /** An acknowledgement came, so many milliseconds after its question. */
    acknowledged(ms: number): void;
    /** A question waits longer for its answer than it should, and no later one was answered. */
    late(): void;
    /** It waited for the whole time that an acknowledgement may take. (A caller in a hurry says nothing of the connection.) */
    silent(): void;
    /** The server refused the handshake. The link is over. */
    refused(error: GameError): void;
    /** The end of this link, told once, whether it had been up or not. Not told after `close()` and `refused`. */
    down(error: GameError): void;
}
/** One connection from its first packet to its end; the next one is another link. */
export interface Link {
    readonly up: boolean;
    /** Requests that have no answer yet. */
    readonly pending: number;
    emit(event: string, ...args: unknown[]): void;
    /**
     * Resolves with `data` of the acknowledgement; rejects with its error, `bad_reply`, `timeout` or `disconnected`.
     * @param lateMs milliseconds after which the owner of the link is told that the answer is late; never if absent
     */
    request(event: string, payload: unknown, timeoutMs: number, lateMs?: number): Promise<unknown>;
    /** Safe at any moment. */
    close(): void;
}
/** Opens a connection without any reconnection: when it ends it has ended. */
export declare function openLink(options: LinkOptions, events: LinkEvents): Link;
