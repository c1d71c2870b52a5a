import type { Host } from './host.ts'
import { webHost, type WebHostOptions } from './web.ts'
import { globalWx, hasGlobalWx, type WxApi, type WxSocketOptions } from './wx-api.ts'
import { wxHost } from './wx.ts'

/** Where a client runs: without any of these, in the global `wx` if there is one, else in a browser or Node. */
export interface HostOptions extends WebHostOptions {
  /** The `wx` to use, for tests and for hosts with the same API under another name. */
  wx?: WxApi | undefined
  /** Options for `wx.connectSocket`. `tcpNoDelay` is on unless it is set. */
  socket?: WxSocketOptions | undefined
  /** A host of your own, instead of all of the above. */
  host?: Host | undefined
}

/** The `wx` that these options name, if any. */
export const wxOf = ({ host, wx }: HostOptions): WxApi | undefined => (host ? undefined : wx || (hasGlobalWx() ? globalWx() : undefined))

/** The host that these options name. */
export function hostOf(options: HostOptions): Host {
  const wx = wxOf(options)
  return options.host || (wx ? wxHost(wx, options.socket) : webHost(options))
}
