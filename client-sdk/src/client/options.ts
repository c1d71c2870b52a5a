import type { IoLike } from '../connection/link.ts'
import { TIMING, type Timing } from '../connection/timing.ts'
import type { HostOptions } from '../host/options.ts'
import type { Profile } from '../protocol.ts'
import type { ResyncOptions } from './resync.ts'

export { hostOf, type HostOptions } from '../host/options.ts'

/** Every time-out and pause of the game client, in milliseconds. */
export interface GameTiming extends Timing, ResyncOptions {
  /** Between heartbeats while queued. Default 5000; the server forgets a ticket after 15 s without one. */
  heartbeatMs: number
}

export const GAME_TIMING: GameTiming = Object.assign({ deadlineGraceMs: 1200, gapGraceMs: 1000, heartbeatMs: 5000 }, TIMING)

/** The options of the game client; see also `HostOptions`. */
export interface GameClientOptions extends HostOptions {
  /** The server: `https://game.example.com`, without a path. */
  url: string
  /** Nickname and avatar, sent with each login. */
  profile?: Profile | undefined
  /** Another Socket.IO client to use instead of the built-in one: `weapp.socket.io`, for example. */
  io?: IoLike | undefined
  /** The path of Socket.IO at the server. Default `/socket.io`. */
  path?: string | undefined
  /**
   * The key of the session id in the host's storage. Default `caiquan.session`; if another server's session is stored there, this server's
   * name is added to the key.
   */
  storageKey?: string | undefined
  /** Start a second connection at another node beside one that is late, and keep the one that is ready first. Default true. */
  hedge?: boolean | undefined
  timing?: { readonly [K in keyof GameTiming]?: GameTiming[K] | undefined } | undefined
}
