import type { GameError } from '../game-error.ts'
import type { Host } from '../host/host.ts'
import type { Listeners } from '../util/listeners.ts'
import type { AnyCommands, AnyEvents, EventArgs, ReplyOf, RequestArgs } from './commands.ts'
import type { IoLike, Link } from './link.ts'
import type { ConnectionState, RefusalAction } from './state.ts'
import type { Timing } from './timing.ts'

export interface ConnectionOptions {
  url: string
  host: Host
  /** The path of Socket.IO at the server. Default `/socket.io`. */
  path: string | undefined
  /** Another Socket.IO client than the one built in; it brings its own transport. */
  io: IoLike | undefined
  timing: Timing
  /** Whether a second attempt starts beside a late one. */
  hedge: boolean
  /** The `auth` of the next handshake; may log in. Its rejection counts as a failed attempt. */
  auth(): object | Promise<object>
  /** Milliseconds until `auth` is given up. */
  authTimeoutMs: number
  /** The server refused this `auth` for good: what to do. */
  refused(auth: object, error: GameError): Refusal | Promise<Refusal>
  /** Checks that the server is alive; must reject by itself if there is no reply. */
  probe: ((link: Link) => Promise<unknown>) | undefined
  /** Called when the app goes to the background and comes back, while the previous link still exists. */
  onVisible?: (visible: boolean) => void
}

/** What `refused` may return; nothing means `renew`. */
export type Refusal = RefusalAction | void

/** How persistently a request is tried. */
export interface RequestOptions {
  /**
   * Send it again after a lost connection or acknowledgement, until its time is up. The server may then receive it more than once: only for
   * commands whose effect is the same once and twice. Default false; true for the game client's own commands.
   */
  repeat?: boolean
  /** Milliseconds in total, the wait for a connection included. Default: `commandTimeoutMs`. */
  timeoutMs?: number
  /**
   * Milliseconds until the acknowledgement of one sending is overdue. Default: that of `timing` with `repeat`, else all the time that is
   * left.
   */
  ackTimeoutMs?: number
  /** With the option `hedge`: whether a late reply starts a second connection beside this one. Default: as `repeat`. */
  hedge?: boolean
}

/** One connection to the server, kept for as long as the app wants one. Created by {@link createConnection}. */
export interface Connection<C extends object = AnyCommands, E extends object = AnyEvents> {
  /** Emits every change of `state`. */
  readonly onState: Listeners<[ConnectionState]>
  /** Emits every event from the server. */
  readonly onEvent: Listeners<[name: string, args: unknown[]]>
  /** Emits each time a connection is up; set up again here what depends on a connection. */
  readonly onUp: Listeners<[]>
  /** The current state; the same object until it changes. */
  readonly state: ConnectionState
  /** Whether commands reach the server now; also true in the background while the socket lasts. */
  readonly up: boolean
  /**
   * Starts; tries at once if it is waiting to; probes the server if it is up. Resolves when online. Rejects with the first failure, while
   * the connection goes on trying until `close()`; an unhandled rejection does no harm.
   */
  connect(): Promise<void>
  /** Ends the connection and everything that belongs to it. */
  close(): void
  /** Resolves with `data` of the server's acknowledgement. Rejects with `GameError`. Starts the connection if it was not started yet. */
  request<K extends keyof C & string>(event: K, ...args: RequestArgs<C[K], RequestOptions>): Promise<ReplyOf<C[K]>>
  /** Sends without waiting for a reply; dropped while there is no connection. */
  emit(event: keyof C & string, ...args: unknown[]): void
  /** Listens to one event of the server. Returns a function that removes the listener. */
  on<K extends keyof E & string>(event: K, listener: (...args: EventArgs<E[K]>) => void): () => void
  /** The server reported that a newer connection took over: ends the connection, unless the newer one is its own. */
  takenOver(): void
  /** Moves to a new connection some time within `withinMs`, at a moment without open requests if there is one. */
  moveWithin(withinMs: number): void
}
