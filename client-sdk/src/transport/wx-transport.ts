import { globalWx, type WxApi, type WxSocketOptions } from '../host/wx-api.ts'
import { NativeTransport, type NativeEvents, type NativeSocket } from './native-transport.ts'
import type { TransportConstructor } from './transport.ts'
import { dialWx } from './wx-socket.ts'

/**
 * What `WxTransport` reads, given to `io` as `transportOptions: { websocket: … }`.
 * Everything but `wx` goes to `wx.connectSocket` as it is.
 */
export interface WxTransportOptions extends WxSocketOptions {
  /** The `wx` to use; the global one if absent. */
  wx?: WxApi
  /** Called when `connectSocket` of this `wx` returned a promise, as that of some frameworks does. */
  asPromise?: () => void
}

/** The options of an Engine.IO transport that have a counterpart in `wx.connectSocket`. */
interface EngineOptions {
  extraHeaders?: Record<string, string>
  protocols?: string | string[]
  perMessageDeflate?: unknown
}

/** Engine.IO's options as `wx.connectSocket` takes them; only what was set is passed on. */
export function connectOptions(opts: WxTransportOptions & EngineOptions): WxSocketOptions {
  const { protocols, tcpNoDelay, perMessageDeflate, timeout, forceCellularNetwork } = opts
  const options: WxSocketOptions = {}
  const header = Object.assign({}, opts.extraHeaders, opts.header)
  if (Object.keys(header).length) options.header = header
  if (protocols && protocols.length) options.protocols = ([] as string[]).concat(protocols)
  // Engine.IO's own default is an object for Node's `ws`.
  if (typeof perMessageDeflate === 'boolean') options.perMessageDeflate = perMessageDeflate
  if (tcpNoDelay !== undefined) options.tcpNoDelay = tcpNoDelay
  if (timeout) options.timeout = timeout
  if (forceCellularNetwork !== undefined) options.forceCellularNetwork = forceCellularNetwork
  return options
}

class OverWx extends NativeTransport {
  protected override dial(url: string, events: NativeEvents): NativeSocket {
    const opts = this.opts as WxTransportOptions & EngineOptions
    return dialWx(opts.wx || globalWx(), url, connectOptions(opts), events, opts.asPromise)
  }
}

/**
 * Socket.IO over `wx.connectSocket`: `io(url, { transports: [WxTransport] })`, with this package's
 * `io` or that of `socket.io-client` 4.8. The options of `wx.connectSocket` (see
 * {@link WxTransportOptions}) go into `transportOptions.websocket`; `extraHeaders`, `protocols` and
 * `timeout` are taken from Socket.IO's own options as well.
 *
 * A `fail` of `wx.connectSocket` is an immediate `connect_error` with WeChat's own message.
 */
export const WxTransport = OverWx as unknown as TransportConstructor
