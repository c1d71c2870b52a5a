import type { Connection } from './types.ts';
/** A client that others of the same app may share the connection of. */
export interface SharedConnection {
    readonly connection: Connection;
}
/** Under what a server is remembered, however its URL is written. */
export declare function serverKey(url: string, path?: string): string;
/** A second user of a connection. Its own `close()` ends its listeners and requests, and leaves the connection to the first. */
export declare function share(connection: Connection): Connection;
