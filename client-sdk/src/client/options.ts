import type { IoLike } from '../connection/link.ts'
import { TIMING, type Timing } from '../connection/timing.ts'
import type { Host } from '../host/host.ts'
import { webHost, type WebHostOptions } from '../host/web.ts'
import { wxHost } from '../host/wx.ts'
import { globalWx, hasGlobalWx, type WxApi, type WxSocketOptions } from '../host/wx-api.ts'
import type { Profile } from '../protocol.ts'
import type { ResyncOptions } from './resync.ts'

/** Where a client runs: without any of these, in the global `wx` if there is one, else in a browser or Node. */
export interface HostOptions extends WebHostOptions {
  /** The `wx` to use, for tests and for hosts with the same API under another name. */
  wx?: WxApi
  /** Options for `wx.connectSocket`. `tcpNoDelay` is on unless it is set. */
  socket?: WxSocketOptions
  /** A host of your own, instead of all of the above. */
  host?: Host
}

/** Every wait of the game client, in milliseconds. */
export interface GameTiming extends Timing, ResyncOptions {
  /** Between heartbeats while queued. Default 5000; the server forgets a ticket after 15 s without one. */
  heartbeatMs: number
}

export const GAME_TIMING: GameTiming = Object.assign(
  { deadlineGraceMs: 1200, gapGraceMs: 1000, heartbeatMs: 5000 },
  TIMING,
)

/** What the game client needs to know; see also `HostOptions`. */
export interface GameClientOptions extends HostOptions {
  /** The server: `https://game.example.com`, without a path. */
  url: string
  /** Nickname and avatar, sent with each login. */
  profile?: Profile
  /** Another Socket.IO client to use instead of the built-in one: `weapp.socket.io`, for example. */
  io?: IoLike
  /** The path of Socket.IO at the server. Default `/socket.io`. */
  path?: string
  /** The key of the session id in the host's storage. Default `caiquan.session`. */
  storageKey?: string
  timing?: Partial<GameTiming>
}

/** The host that these options ask for. */
export function hostOf(options: HostOptions): Host {
  if (options.host) return options.host
  if (options.wx || hasGlobalWx()) return wxHost(options.wx || globalWx(), options.socket)
  return webHost(options)
}
