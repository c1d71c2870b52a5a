import type { WxApi, WxSocketOptions } from '../host/wx-api.ts';
import type { NativeEvents, NativeSocket } from './native-transport.ts';
/**
 * Opens a `SocketTask` and keeps its promises where phones break them:
 * listeners are attached before this returns (`onOpen` is not repeated for latecomers), `readyState` is
 * never read, close codes decide nothing, and a task that was closed while it connected is closed
 * again if it opens all the same, so that none is leaked (WeChat allows five).
 */
export declare function dialWx(wx: WxApi, url: string, options: WxSocketOptions, events: NativeEvents, asPromise?: () => void): NativeSocket;
