import { type WebSocketConstructor } from '../transport/web-transport.ts';
import type { Host } from './host.ts';
/** Options for browsers and Node. */
export interface WebHostOptions {
    /** Gives a fresh login code, instead of `wx.login`, which only WeChat has. */
    login?: (() => string | Promise<string>) | undefined;
    /** The `WebSocket` class to use, for example that of `ws`; the global one if absent. */
    WebSocket?: WebSocketConstructor | undefined;
}
/**
 * Browsers and Node. A tab in the background is not an app in the background of a phone: its code runs on, and its socket lives,
 * so that it counts as visible; when it is looked at again, the connection is asked for a sign of life, since the computer
 * may have slept. `navigator.onLine` and its events are hints of the same kind: some systems say that there is no network when there
 * is. In Node there is nothing of all this, and the session lives in memory.
 */
export declare function webHost(options: WebHostOptions): Host;
