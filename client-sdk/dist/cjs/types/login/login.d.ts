import type { Host, HttpRequest } from '../host/host.ts';
import type { Profile } from '../protocol.ts';
export interface LoginOptions {
    host: Host;
    /** Gives a fresh login code instead of the host. */
    login: (() => string | Promise<string>) | undefined;
    /** Where the API is, without a path. */
    baseUrl: string;
    /** The key in the host's storage. */
    storageKey: string;
    /** Whether another server may have its session under this key: then the key of this one gets its name added. */
    shareKey?: boolean;
    /** Sent with every login. */
    profile?: Profile | undefined;
    /** Milliseconds for each call. */
    timeoutMs: number;
    /** Where the server takes a code (`POST`), and where it knows and ends a session (`GET`, `DELETE`). */
    paths: {
        login: string;
        session: string;
    };
    /** What the answers must have besides the session id; `bad_reply` without it. */
    accepts?: ((reply: object) => boolean) | undefined;
    /** Told of each answer that established a session or confirmed one: what it says of the player. */
    onReply?: ((reply: object) => void) | undefined;
}
/**
 * The login state: one session id, in memory and in the host's storage, and however many callers
 * ask for it at once, one `wx.login`.
 */
export declare class Login {
    private readonly options;
    private current;
    private underway;
    /** Which login is under way; one that was begun before a logout is not kept. */
    private epoch;
    constructor(options: LoginOptions);
    /**
     * The session id: the one in use, the stored one if WeChat and the server still honour it, or a new one.
     * Rejects with `GameError`: `invalid_code` after a second code was refused as well, `login_failed`, `bad_reply`,
     * `blocked`, `rate_limited`, `wechat_unavailable`, `network`, `timeout`.
     */
    session(): Promise<string>;
    /** The server does not honour this session id: the next caller gets another. */
    invalidate(sessionId: string): void;
    /**
     * An HTTP call as this player. A session that has ended is replaced once, a second refusal is the answer.
     * @param accepts whether a body is what this call answers with; rejects with `bad_reply` otherwise
     */
    api<T>(method: HttpRequest['method'], path: string, accepts: (body: unknown) => body is T, body?: unknown): Promise<T>;
    /** Ends the session here, and at the server if it can be reached. */
    logout(): Promise<void>;
    private establish;
    private logIn;
    private readonly isReply;
    private readonly isLogin;
    private keep;
    private call;
    /** Where the session is stored. Two servers of one app do not take each other's place: the key is the first one's. */
    private key;
    private load;
    /** A full or broken storage costs a login at the next start, nothing else. */
    private store;
}
