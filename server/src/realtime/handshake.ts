import type { IncomingMessage, ServerResponse } from 'node:http'
import type { PublicPlayer } from '../../../client-sdk/src/protocol.ts'
import type { Players } from '../players/players.ts'
import type { Sessions } from '../players/sessions.ts'
import { asCatalogueError, CatalogueError, isOutage, outageRetryMs } from '../errors.ts'
import type { Limiter } from '../limits.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { StoreHealth } from '../store-health.ts'
import type { Connections } from './connections.ts'
import type { GameServer, GameSocket } from './types.ts'

export interface HandshakeOptions {
  connections: Pick<Connections, 'order'>
  sessions: Sessions
  players: Players
  /** Why this node accepts no connection beyond this number; null if it does. */
  refusal(connections: number): CatalogueError | null
  limiter: Limiter
  handshakesPerMinute: number
  /** The client's address, past the trusted proxies. */
  addressOf(request: IncomingMessage): string
  stores: StoreHealth
  metrics: Metrics
  log: Log
}

/**
 * Accepts a socket if its session belongs to a player; a refusal carries its code in `data`. A new connection that nginx can bring to
 * another node is sent there before this, and its client does not notice.
 */
export function guardHandshakes(
  io: GameServer,
  { connections, sessions, players, refusal, limiter, handshakesPerMinute, addressOf, stores, metrics, log }: HandshakeOptions,
): void {
  const rate = { perSecond: handshakesPerMinute / 60, burst: handshakesPerMinute }
  async function admit(socket: GameSocket): Promise<PublicPlayer> {
    const refused = refusal(io.engine.clientsCount - 1)
    if (refused) throw refused
    const retryAfterMs = limiter.take(`handshake ${addressOf(socket.request)}`, rate)
    if (retryAfterMs > 0) throw new CatalogueError('overloaded', { retryAfterMs })
    const sessionId: unknown = socket.handshake.auth['sessionId']
    const session = typeof sessionId === 'string' ? await sessions.connect(sessionId) : null
    if (!session) throw new CatalogueError('unauthorized')
    const [player, acceptedAt] = await Promise.all([players.get(session.playerId), connections.order(session.playerId)])
    if (!player || player.deleted) throw new CatalogueError('unauthorized')
    socket.data.acceptedAt = acceptedAt
    socket.data.background = socket.handshake.auth['background'] === true
    return player
  }

  io.engine.use((request: IncomingMessage & { _query: Record<string, string> }, response: ServerResponse, next: () => void) => {
    const refused = request.headers['x-elsewhere'] === 'yes' && !request._query['sid'] ? refusal(io.engine.clientsCount) : null
    if (!refused) return next()
    metrics.sentElsewhere.inc({ code: refused.code })
    if (request.headers.upgrade === undefined) response.writeHead(403).end()
    else request.socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  })

  io.use((socket, next) => {
    admit(socket)
      .then((player) => {
        socket.data.player = player
        next()
      })
      .catch((error: unknown) => {
        stores.failed(error)
        // A session that cannot be looked up is not an invalid one: the client keeps it and tries again.
        const refusal = isOutage(error) ? new CatalogueError('overloaded', { retryAfterMs: outageRetryMs() }) : asCatalogueError(error)
        if (refusal.code === 'internal') log.error({ err: error }, 'handshake failed')
        metrics.refused.inc({ code: refusal.code })
        next(Object.assign(new Error(refusal.message), { data: refusal.toWire() }))
      })
  })
}
