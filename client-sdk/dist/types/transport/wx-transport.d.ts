import { type WxApi, type WxSocketOptions } from '../host/wx-api.ts';
import type { TransportConstructor } from './transport.ts';
/**
 * What `WxTransport` reads, given to `io` as `transportOptions: { websocket: … }`.
 * Everything but `wx` goes to `wx.connectSocket` as it is.
 */
export interface WxTransportOptions extends WxSocketOptions {
    /** The `wx` to use; the global one if absent. */
    wx?: WxApi;
    /** Told when `connectSocket` of this `wx` returned a promise, as that of some frameworks does. */
    asPromise?: () => void;
}
/** The options of an Engine.IO transport that have a counterpart in `wx.connectSocket`. */
interface EngineOptions {
    extraHeaders?: Record<string, string>;
    protocols?: string | string[];
    perMessageDeflate?: unknown;
}
/** Engine.IO's options as `wx.connectSocket` takes them; only what was set is passed on. */
export declare function connectOptions(opts: WxTransportOptions & EngineOptions): WxSocketOptions;
/**
 * Socket.IO over `wx.connectSocket`: `io(url, { transports: [WxTransport] })`, with this package's
 * `io` or that of `socket.io-client` 4.8. The options of `wx.connectSocket` (see
 * {@link WxTransportOptions}) go into `transportOptions.websocket`; `extraHeaders`, `protocols` and
 * `timeout` are taken from Socket.IO's own options as well.
 *
 * A `fail` of `wx.connectSocket` is an immediate `connect_error` with WeChat's own message.
 */
export declare const WxTransport: TransportConstructor;
export {};
