import { hostOf, type HostOptions } from '../client/options.ts'
import { Connection } from './connection.ts'
import type { IoLike, Link } from './link.ts'
import { TIMING, type Timing } from './timing.ts'

/** What a connection needs to know; see also `HostOptions`. */
export interface CreateConnectionOptions extends HostOptions {
  /** The server: `https://api.example.com`, with a namespace as its path if there is one. */
  url: string
  /** The path of Socket.IO at the server. Default `/socket.io`. */
  path?: string
  /** The `auth` of each handshake. Default: none. */
  auth?: () => object | Promise<object>
  /** The server refused this `auth` (`unauthorized` or `session_expired` in `connect_error.data.code`). */
  refused?: (auth: object) => void
  /** Asks for a sign of life after a short absence; rejects without one. Default: what is there is trusted. */
  probe?: (link: Link) => Promise<unknown>
  /** Another Socket.IO client to use instead of the built-in one. */
  io?: IoLike
  timing?: Partial<Timing>
}

/**
 * The connection without the game, for a server of your own: Socket.IO that survives background, loss and
 * change of network, with acknowledgements in the form `{ok, data}` or `{ok, error}`.
 */
export function createConnection(options: CreateConnectionOptions): Connection {
  const { auth, io, path, probe, refused, timing, url } = options
  return new Connection({
    url,
    path,
    io,
    probe,
    host: hostOf(options),
    timing: Object.assign({}, TIMING, timing),
    auth: async () => (auth ? auth() : {}),
    refused: refused || (() => undefined),
  })
}
