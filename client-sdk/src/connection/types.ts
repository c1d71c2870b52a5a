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
  /** Whether a second attempt starts beside what is late. */
  hedge: boolean
  /** The `auth` of the next handshake; may log in. Its rejection counts as a failed attempt. */
  auth(): object | Promise<object>
  /** Milliseconds until `auth` is given up. */
  authTimeoutMs: number
  /** The server refused this `auth` for good: what to do. */
  refused(auth: object, error: GameError): Refusal | Promise<Refusal>
  /** Asks the server for a sign of life; must reject by itself when there is none. */
  probe: ((link: Link) => Promise<unknown>) | undefined
  /** Told when the app goes to the background and comes back, while the link of before is still there. */
  onVisible?: (visible: boolean) => void
}

/** What `refused` may return; nothing means `renew`. */
export type Refusal = RefusalAction | void

/** How hard a request tries. */
export interface RequestOptions {
  /**
   * Send it again after a lost connection or acknowledgement, until its time is up. The server may then see it more than once:
   * only for commands that have the same effect once and twice. Default false; true for the game client's own commands.
   */
  repeat?: boolean
  /** Milliseconds in all, the wait for a connection included. Default: `commandTimeoutMs`. */
  timeoutMs?: number
  /** Milliseconds until the acknowledgement of one sending is overdue. Default: that of `timing` with `repeat`, else all the time there is. */
  ackTimeoutMs?: number
  /** With the option `hedge`: whether a late answer starts a second connection beside this one. Default: as `repeat`. */
  hedge?: boolean
}

/** One connection to the server, kept for as long as the app wants one. Made by {@link createConnection}. */
export interface Connection<C extends object = AnyCommands, E extends object = AnyEvents> {
  /** Told of every change of `state`. */
  readonly onState: Listeners<[ConnectionState]>
  /** Told of every event from the server. */
  readonly onEvent: Listeners<[name: string, args: unknown[]]>
  /** Told each time a connection is up; what depends on a connection is set up again here. */
  readonly onUp: Listeners<[]>
  /** Where it is now; the same object until it changes. */
  readonly state: ConnectionState
  /** Whether commands reach the server now; true in the background too while the socket lasts. */
  readonly up: boolean
  /**
   * Starts; tries at once if it is waiting to; asks the server for a sign of life if it is up. Resolves when
   * online. Rejects with the first failure, while the connection goes on trying until `close()`; nothing happens
   * if nobody listens.
   */
  connect(): Promise<void>
  /** Ends the connection and everything that belongs to it. */
  close(): void
  /** Resolves with `data` of the server's acknowledgement. Rejects with `GameError`. Starts what was not started yet. */
  request<K extends keyof C & string>(event: K, ...args: RequestArgs<C[K], RequestOptions>): Promise<ReplyOf<C[K]>>
  /** Sends without waiting for an answer; dropped while there is no connection. */
  emit(event: keyof C & string, ...args: unknown[]): void
  /** Listens to one event of the server. Returns the function that ends it. */
  on<K extends keyof E & string>(event: K, listener: (...args: EventArgs<E[K]>) => void): () => void
  /** The server said that a newer connection took over: ends the connection, unless that newer one is its own. */
  takenOver(): void
  /** Moves to a new connection some time within `withinMs`, at a moment without open requests if there is one. */
  moveWithin(withinMs: number): void
}
