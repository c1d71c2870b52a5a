import { type ErrorCode } from './errors.ts';
/**
 * What only a client can find out:
 * `network` – a request or a connection failed, the message is the host's own (WeChat's `errMsg`);
 * `timeout` – nobody answered in time; `disconnected` – the connection ended before the answer;
 * `refused` – the server refused the handshake and gave no code; `bad_reply` – the answer is not one of this server
 * (a proxy's page, for example); `login_failed` – the host gave no login code; `closed` – the client was closed;
 * `replaced` – a newer connection of the same player took over; `cancelled` – the search was called off;
 * `no_match` – the command needs a match and there is none.
 */
export type ClientErrorCode = 'network' | 'timeout' | 'disconnected' | 'refused' | 'bad_reply' | 'login_failed' | 'closed' | 'replaced' | 'cancelled' | 'no_match';
type OtherCode = string & Record<never, never>;
/** A code of the catalogue, one of the client's own, or whatever code another server gives. */
export type AnyErrorCode = ErrorCode | ClientErrorCode | OtherCode;
/** What an error may carry besides its code. */
export interface ErrorFacts {
    message?: string | undefined;
    retryAfterMs?: number | undefined;
    temporary?: boolean | undefined;
    details?: unknown;
    fromServer?: boolean;
}
/** Every rejection of this package. */
export declare class GameError extends Error {
    /** What went wrong, to decide by. */
    readonly code: AnyErrorCode;
    /** The same call may succeed later without a change by the caller. Unknown codes of a server do not, unless it says so. */
    readonly temporary: boolean;
    /** Milliseconds to wait before the same call may succeed, if the server said so. */
    readonly retryAfterMs: number | undefined;
    /** What the server added to the error, as it sent it. */
    readonly details: unknown;
    /** The server said this; otherwise the client found it out by itself. */
    readonly fromServer: boolean;
    /** @param more how long to wait, in milliseconds, or all else that is known */
    constructor(code: AnyErrorCode, message?: string, more?: ErrorFacts | number);
}
/** Turns what a server sent as an error into a `GameError`. `fallback` is the code of what carries none. */
export declare function fromWire(error: unknown, fallback?: AnyErrorCode): GameError;
/**
 * A handshake that the server refused, as Socket.IO's `connect_error` tells of it: `new Error('…')` in a middleware has only a
 * message, `data` carries what the server put there. Without a code in it: `refused`, and `data` in `details`.
 */
export declare function fromRefusal({ message, data }: {
    message?: string;
    data?: unknown;
}): GameError;
/** The connection was lost, or gave no answer in time: nobody knows what became of the request. */
export declare const isLost: ({ code, fromServer }: GameError) => boolean;
/** Anything that was thrown, as a `GameError`. */
export declare function toGameError(error: unknown): GameError;
export {};
