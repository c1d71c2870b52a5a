import type { Connection, ConnectionOptions } from './types.ts';
/**
 * Keeps one connection to the server for as long as the app wants one: through background, loss and
 * change of network, deploys and dead nodes. What it does is decided in `transition`; this is the part that acts.
 *
 * The loop is our own because Socket.IO's can neither skip its back-off nor pause.
 */
export declare function openConnection(options: ConnectionOptions): Connection;
