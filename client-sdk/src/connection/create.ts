import type { GameError } from '../game-error.ts'
import { hostOf, wxOf, type HostOptions } from '../host/options.ts'
import { withDefaults } from '../util/settings.ts'
import type { AnyCommands, AnyEvents } from './commands.ts'
import { openConnection } from './connection.ts'
import type { IoLike, Link } from './link.ts'
import { entryOf, share } from './shared.ts'
import { TIMING, type Timing } from './timing.ts'
import type { Connection, Refusal } from './types.ts'

/** The options of a connection; see also `HostOptions`. */
export interface CreateConnectionOptions extends HostOptions {
  /** The server: `https://api.example.com`, with a namespace as its path if there is one. */
  url: string
  /** The path of Socket.IO at the server. Default `/socket.io`. */
  path?: string | undefined
  /**
   * The `auth` of each handshake. Default: none. Without an outcome within `requestTimeoutMs` it counts as failed and is called again. A
   * rejection whose `code` is `blocked` ends the connection.
   */
  auth?: (() => object | Promise<object>) | undefined
  /**
   * The server refused this `auth`, for whatever reason, unless it indicated that it is only in trouble (`temporary` or `retryAfterMs` in
   * `data`, or codes such as `overloaded` and `draining`). Forget the token here: `auth` is called again. After five refusals in a row the
   * connection ends with `reason: 'refused'`. Return `'wait'` to back off without an end, and `'stop'` to end at once.
   */
  refused?: ((auth: object, error: GameError) => Refusal | Promise<Refusal>) | undefined
  /** Checks after a short absence that the connection is alive; must reject if it is not. Default: an existing connection is trusted. */
  probe?: ((link: Link) => Promise<unknown>) | undefined
  /**
   * Start a second connection beside one whose handshake or acknowledgement is late, and keep the one that is ready first. The server sees
   * `elsewhere=1&attempt=2` in its query and may route it to another node. Default false.
   */
  hedge?: boolean | undefined
  /** Another Socket.IO client to use instead of the built-in one. */
  io?: IoLike | undefined
  timing?: { readonly [K in keyof Timing]?: Timing[K] | undefined } | undefined
}

/**
 * The connection without the game, for a server of your own: Socket.IO that survives background, loss and change of network, with
 * acknowledgements in the form `{ok, data}` or `{ok, error}`. In a mini program that has a game client for the same server, it uses that
 * client's connection: the server allows one per player.
 */
export function createConnection<C extends object = AnyCommands, E extends object = AnyEvents>(
  options: CreateConnectionOptions,
): Connection<C, E> {
  const { auth, hedge, io, path, probe, refused, timing, url } = options
  const settings = withDefaults(TIMING, timing)
  const open = (): Connection =>
    openConnection({
      url,
      path,
      io,
      probe,
      hedge: hedge === true,
      host: hostOf(options),
      timing: settings,
      auth: auth || (() => ({})),
      authTimeoutMs: settings.requestTimeoutMs,
      refused: refused || (() => undefined),
    })
  const wx = wxOf(options)
  return (wx ? share(entryOf(wx, url, path), open) : open()) as unknown as Connection<C, E>
}
