import type { Host } from './host.ts';
import { type WebHostOptions } from './web.ts';
import { type WxApi, type WxSocketOptions } from './wx-api.ts';
/** Where a client runs: without any of these, in the global `wx` if there is one, else in a browser or Node. */
export interface HostOptions extends WebHostOptions {
    /** The `wx` to use, for tests and for hosts with the same API under another name. */
    wx?: WxApi | undefined;
    /** Options for `wx.connectSocket`. `tcpNoDelay` is on unless it is set. */
    socket?: WxSocketOptions | undefined;
    /** A host of your own, instead of all of the above. */
    host?: Host | undefined;
}
/** The `wx` that these options lead to, if any. */
export declare const wxOf: ({ host, wx }: HostOptions) => WxApi | undefined;
/** The host that these options ask for. */
export declare function hostOf(options: HostOptions): Host;
