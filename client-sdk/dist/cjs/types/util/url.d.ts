/** A server's address, whatever way it was written. */
export interface ServerAddress {
    /** Scheme, host and port for HTTP calls, in lower case, without a default port and without a slash at the end. */
    readonly origin: string;
    /** The path, which names the namespace of Socket.IO; empty for the root. */
    readonly path: string;
    /** What the URL itself asks in its query. */
    readonly query: Record<string, string>;
}
/** Takes a URL apart. `ws://` is `http://`, and `wss://` is `https://`. (Mini programs have no `URL`.) */
export declare function parseAddress(url: string): ServerAddress;
/** `?a=1&b=2` of what is set; empty if nothing is. */
export declare function queryOf(values: Record<string, string | number | undefined>): string;
