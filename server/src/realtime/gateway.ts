import { createShardedAdapter } from '@socket.io/redis-adapter'
import type { Server as HttpServer } from 'node:http'
import { Server } from 'socket.io'
import type { AnyGame } from '../../../games/rules.ts'
import { seatOf, type Match } from '../match/match.ts'
import type { Matches } from '../match/matches.ts'
import { nodeOf, type Stored } from '../match/store.ts'
import { viewOf } from '../match/view.ts'
import type { Matchmaker } from '../matchmaking/matchmaker.ts'
import type { Reservations } from '../matchmaking/reservations.ts'
import type { Config } from '../config.ts'
import { CatalogueError, isOutage } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { RedisClients } from '../redis/clients.ts'
import type { Registry } from '../registry.ts'
import { createLimiter, type Rate } from '../limits.ts'
import type { StoreHealth } from '../store-health.ts'
import type { CommandTable } from './commands.ts'
import { batchWrites } from './batch-writes.ts'
import { createDispatch } from './dispatch.ts'
import { connectionOf, playerRoom, type FanOut } from './fan-out.ts'
import { expectAfter, expectViews, startResync } from './resync.ts'
import { REFRESH_MS, type Connections } from './connections.ts'
import type { Spectators } from './spectators.ts'
import type { GameServer, GameSocket } from './types.ts'

/** Beyond this the connection is closed unread. Long before that, the schemas refuse, with a code, what no command needs. */
const MAX_MESSAGE_BYTES = 1_000_000

/** Without `http` it only reaches the sockets of other nodes. */
export function createSocketServer(http: HttpServer | undefined, redis: RedisClients, config: Config): GameServer {
  return new Server(http, {
    adapter: createShardedAdapter(redis.publisher, redis.subscriber, { subscriptionMode: 'dynamic' }),
    serveClient: false,
    maxHttpBufferSize: MAX_MESSAGE_BYTES,
    pingInterval: config.PING_INTERVAL_MS,
    pingTimeout: config.PING_TIMEOUT_MS,
    // connection-limits.ts closes a connection that shows no session in time.
    connectTimeout: 2_147_483_647,
  })
}

export interface GatewayOptions {
  io: GameServer
  /** The name of this node in connections. */
  node: string
  redis: RedisClients
  commands: CommandTable
  limits: Record<string, Rate>
  game: AnyGame
  matches: Matches
  matchmaker: Matchmaker
  reservations: Reservations
  spectators: Spectators
  connections: Connections
  fanOut: FanOut
  stores: StoreHealth
  metrics: Metrics
  log: Log
  registry: Pick<Registry, 'isLive' | 'isDead' | 'onLost' | 'onReturn'>
  /** True while sockets are closed because this node shuts down. */
  draining(): boolean
}

/** An ended match is shown again to a player who lost the connection around its end, ms. */
const SHOW_ENDED_MS = 30_000
const LIMITER_CAPACITY = 200_000

/** It was never the player's connection: nothing is left behind. */
const isReplaced = (error: unknown): boolean => error instanceof CatalogueError && error.code === 'connection_replaced'

/**
 * Handles sockets that come and go: each becomes its player's one connection and is sent the player's state. Returns a function that ends
 * this.
 */
export function openGateway(options: GatewayOptions): () => void {
  const { io, game, redis, matches, matchmaker, reservations, spectators, connections, fanOut, registry, metrics, log } = options

  async function registerConnection(socket: GameSocket): Promise<void> {
    const { player } = socket.data
    const { acceptedAt } = socket.data
    // Subscribed before the match is read: no view can fall between the two.
    const [{ late, replaced }] = await Promise.all([
      connections.take(player.id, socket.data.connection, acceptedAt),
      socket.join(playerRoom(player.id)),
    ])
    if (late) {
      // This node stalled, and the player is elsewhere by now.
      fanOut.close(socket.data.connection, 'replaced')
      throw new CatalogueError('connection_replaced')
    }
    if (replaced !== null) fanOut.close(replaced, 'replaced')
    await redis.subscriptions.settled()
    await Promise.all([show(socket), matchmaker.adopt(player.id, { id: socket.data.connection, acceptedAt })])
  }

  /** Shows a player their match as Redis has it, and a spectator the one they watch. */
  async function show(socket: GameSocket): Promise<void> {
    await Promise.all([showOwn(socket), showWatched(socket)])
  }

  async function showOwn(socket: GameSocket): Promise<void> {
    const { player, connection, background } = socket.data
    const here = await reservations.current(player.id)
    if (!here || !socket.connected) return
    if (here.match.status === 'finished') {
      if (here.now - here.at >= SHOW_ENDED_MS) return
      // The rematch is requested by the connection that plays the seat.
      const ended = (await matches.presence(here.match.id, player.id, connection, true)) ?? here
      socket.emit('match', viewOf(game, ended, seatOf(ended.match, player.id)))
      return
    }
    const shown = (await matches.presence(here.match.id, player.id, connection, true, background)) ?? here
    void clearGhosts(shown.match)
    socket.emit('match', viewOf(game, shown, seatOf(shown.match, player.id)))
  }

  /** An opponent whose node died before this one could see it is not present, whatever their seat says. */
  async function clearGhosts({ id, seats, setup }: Match): Promise<void> {
    for (const [index, { connection }] of seats.entries()) {
      const at = nodeOf(connection)
      const ghost = setup.seats[index]?.player.id
      if (at === '' || ghost === undefined || registry.isLive(at)) continue
      try {
        if (await registry.isDead(at)) await matches.presence(id, ghost, connection, false)
      } catch (error) {
        if (!isOutage(error)) log.error({ err: error }, 'a player of a lost node could not be marked')
      }
    }
  }

  async function showWatched(socket: GameSocket): Promise<void> {
    const { watching } = socket.data
    if (watching === undefined) return
    const stored = await spectators.renew(watching)
    if (stored) socket.emit('match', viewOf(game, stored, null))
  }

  async function leaveBehind(socket: GameSocket): Promise<void> {
    const { player, connection } = socket.data
    await spectators.leave(socket)
    // What the connection sent before it closed takes effect first.
    await socket.data.last?.catch(() => undefined)
    if (!(await connections.give(player.id, connection))) return
    // While this node drains, or its nginx does, the player is moving to another node and keeps their place.
    if (!options.draining() && !socket.data.moving) await matchmaker.dropTicket(player.id, connection)
    const here = await reservations.current(player.id)
    // An opponent who still waits for a rematch sees that the player has gone.
    if (here && (here.match.status !== 'finished' || here.now - here.at < SHOW_ENDED_MS))
      await matches.presence(here.match.id, player.id, connection, false)
  }

  async function watch(socket: GameSocket, match: string): Promise<Stored | null> {
    const stored = await spectators.watch(socket, match)
    if (stored) expectAfter(socket, viewOf(game, stored, null))
    return stored
  }

  const dispatch = createDispatch({
    table: options.commands,
    limiter: createLimiter(LIMITER_CAPACITY),
    limits: options.limits,
    watch,
    stores: options.stores,
    metrics,
    log,
  })

  batchWrites(io)
  io.on('connection', (socket) => {
    metrics.connections.inc()
    socket.data.connection = connectionOf(options.node, socket.id)
    const ready = registerConnection(socket)
    socket.data.ready = ready
    ready.catch((error: unknown) => {
      options.stores.failed(error)
      if (isReplaced(error)) return
      log.warn(
        { socket: socket.id, err: isOutage(error) ? undefined : error },
        'a connection could not be set up: closed, so that the client tries again',
      )
      socket.conn.close()
    })
    dispatch(socket)
    expectViews(socket)
    socket.on('disconnect', (reason) => {
      metrics.connections.dec()
      log.debug({ socket: socket.id, reason }, 'disconnected')
      ready
        .then(() => leaveBehind(socket))
        .catch((error: unknown) => {
          if (!isOutage(error) && !isReplaced(error)) log.error({ socket: socket.id, err: error }, 'a disconnection could not be noted')
        })
    })
  })

  // What was published during an outage is lost: every socket of this node is shown its match again.
  redis.subscriptions.onGap(showAll)
  registry.onLost(matches.nodesLost)
  // Other nodes may have taken this node for dead, and its players for gone.
  registry.onReturn(showAll)

  function showAll(): void {
    for (const socket of io.sockets.sockets.values()) socket.data.resync = true
  }

  const refreshing = setInterval(() => {
    const players = [...io.sockets.sockets.values()].map((socket) => socket.data.player.id)
    connections.refresh(players).catch((error: unknown) => {
      if (!isOutage(error)) log.error({ err: error }, 'connections could not be refreshed')
    })
  }, REFRESH_MS)
  refreshing.unref()
  const endWatch = startResync({ io, show, log })
  return () => {
    clearInterval(refreshing)
    endWatch()
  }
}
