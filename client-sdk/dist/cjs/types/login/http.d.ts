import type { Host, HttpRequest } from '../host/host.ts';
/** One HTTP call. */
export interface Call<T> {
    method: HttpRequest['method'];
    path: string;
    body?: unknown;
    sessionId?: string | undefined;
    timeoutMs: number;
    /** Whether a body is what this call answers with; a stranger's page with status 200 is not. */
    accepts(body: unknown): body is T;
}
/** Makes the call. Rejects with the server's error, `network`, `timeout`, or `bad_reply` for what is not an answer of this server. */
export declare function call<T>(host: Host, baseUrl: string, { method, path, body, sessionId, timeoutMs, accepts }: Call<T>): Promise<T>;
