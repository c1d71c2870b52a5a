import type { Host } from './host.ts';
import type { WxApi, WxSocketOptions } from './wx-api.ts';
/** WeChat mini programs and mini games. `socket` holds options for `wx.connectSocket`. */
export declare function wxHost(wx: WxApi, socket?: WxSocketOptions): Host;
