/**
 * The one catalogue of errors that server and clients share.
 *
 * `temporary` says whether the same request may succeed later without a change by the caller;
 * `http` is the status where the error answers an HTTP call.
 */
export declare const ERRORS: {
    readonly bad_request: {
        readonly http: 400;
        readonly temporary: false;
        readonly message: 'The request is not valid.';
    };
    readonly unknown_event: {
        readonly http: 404;
        readonly temporary: false;
        readonly message: 'There is no such event.';
    };
    readonly invalid_code: {
        readonly http: 401;
        readonly temporary: false;
        readonly message: 'WeChat does not accept this login code: call wx.login again.';
    };
    readonly unauthorized: {
        readonly http: 401;
        readonly temporary: false;
        readonly message: 'Not logged in: send a valid session id.';
    };
    readonly session_expired: {
        readonly http: 401;
        readonly temporary: false;
        readonly message: 'The session has ended: log in again.';
    };
    readonly blocked: {
        readonly http: 403;
        readonly temporary: false;
        readonly message: 'WeChat has blocked this account.';
    };
    readonly not_found: {
        readonly http: 404;
        readonly temporary: false;
        readonly message: 'There is nothing here.';
    };
    readonly match_not_found: {
        readonly http: 404;
        readonly temporary: false;
        readonly message: 'There is no such match.';
    };
    readonly not_your_match: {
        readonly http: 403;
        readonly temporary: false;
        readonly message: 'You have no seat in this match.';
    };
    readonly match_finished: {
        readonly http: 409;
        readonly temporary: false;
        readonly message: 'The match is over.';
    };
    readonly match_not_playing: {
        readonly http: 409;
        readonly temporary: false;
        readonly message: 'The match has not begun.';
    };
    readonly match_running: {
        readonly http: 409;
        readonly temporary: false;
        readonly message: 'The match is not over yet.';
    };
    readonly stale_round: {
        readonly http: 409;
        readonly temporary: false;
        readonly message: 'This round is not open: look at the current view.';
    };
    readonly already_moved: {
        readonly http: 409;
        readonly temporary: false;
        readonly message: 'You have already moved in this round.';
    };
    readonly illegal_move: {
        readonly http: 409;
        readonly temporary: false;
        readonly message: 'The rules of the game do not allow this move.';
    };
    readonly not_your_turn: {
        readonly http: 409;
        readonly temporary: false;
        readonly message: 'This round awaits a move of your opponent.';
    };
    readonly room_not_found: {
        readonly http: 404;
        readonly temporary: false;
        readonly message: 'There is no room with this code.';
    };
    readonly room_full: {
        readonly http: 409;
        readonly temporary: false;
        readonly message: 'Both seats of this room are taken.';
    };
    readonly room_closed: {
        readonly http: 409;
        readonly temporary: false;
        readonly message: 'This room is no longer open.';
    };
    readonly in_match: {
        readonly http: 409;
        readonly temporary: false;
        readonly message: 'You are in another match: finish or leave it first.';
    };
    readonly rate_limited: {
        readonly http: 429;
        readonly temporary: true;
        readonly message: 'Too many requests: wait a little.';
    };
    readonly overloaded: {
        readonly http: 503;
        readonly temporary: true;
        readonly message: 'This server cannot take more at the moment: try again.';
    };
    readonly draining: {
        readonly http: 503;
        readonly temporary: true;
        readonly message: 'This server is shutting down: connect again.';
    };
    readonly wechat_unavailable: {
        readonly http: 503;
        readonly temporary: true;
        readonly message: 'WeChat does not answer: try again.';
    };
    readonly unavailable: {
        readonly http: 503;
        readonly temporary: true;
        readonly message: 'A part of the service is away: try again.';
    };
    readonly internal: {
        readonly http: 500;
        readonly temporary: true;
        readonly message: 'The server failed on this request.';
    };
};
/** A code of the catalogue. */
export type ErrorCode = keyof typeof ERRORS;
/** An error as it stands on the wire. */
export interface WireError {
    code: ErrorCode;
    message: string;
    /** Milliseconds to wait before the same request may succeed. */
    retryAfterMs?: number;
    /** Whatever else there is to know; passed on to the caller as it is. */
    details?: unknown;
    /** Whether the same request may succeed later; for codes that are not in the catalogue. */
    temporary?: boolean;
}
/** Builds the wire form of a catalogue error; `message` replaces the catalogue's text. */
export declare function wireError(code: ErrorCode, message?: string, retryAfterMs?: number): WireError;
