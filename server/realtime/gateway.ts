import { createShardedAdapter } from '@socket.io/redis-adapter'
import type { Server as HttpServer } from 'node:http'
import { Server } from 'socket.io'
import type { Matches } from '../game/matches.ts'
import type { Matchmaker } from '../game/matchmaker.ts'
import { viewOf } from '../game/state.ts'
import type { Whereabouts } from '../game/whereabouts.ts'
import type { Config } from '../config.ts'
import { isOutage } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { RedisClients } from '../redis/clients.ts'
import { createLimiter, type Rate } from '../limits.ts'
import type { StoreWatch } from '../store-watch.ts'
import type { CommandTable } from './commands.ts'
import { batchWrites } from './batch-writes.ts'
import { connectionOf, playerRoom, watchRoom, type Delivery } from './delivery.ts'
import { createDispatch } from './dispatch.ts'
import { expectViews, watchSilence } from './silence.ts'
import type { Presence } from './presence.ts'
import type { GameServer, GameSocket } from './types.ts'

/** Beyond this the connection is closed unread. The schemas refuse, with a code, whatever no command needs long before. */
const MAX_MESSAGE_BYTES = 1_000_000

/** Without `http` it only reaches the sockets of others. */
export function createSocketServer(http: HttpServer | undefined, redis: RedisClients, config: Config): GameServer {
  return new Server(http, {
    adapter: createShardedAdapter(redis.publisher, redis.subscriber, { subscriptionMode: 'dynamic' }),
    serveClient: false,
    maxHttpBufferSize: MAX_MESSAGE_BYTES,
    pingInterval: config.PING_INTERVAL_MS,
    pingTimeout: config.PING_TIMEOUT_MS,
    // connection-limits.ts closes whoever shows no session in time.
    connectTimeout: 2_147_483_647,
  })
}

export interface GatewayOptions {
  io: GameServer
  /** Name of this node in connections. */
  node: string
  redis: RedisClients
  commands: CommandTable
  limits: Record<string, Rate>
  matches: Matches
  matchmaker: Matchmaker
  whereabouts: Whereabouts
  presence: Presence
  delivery: Delivery
  stores: StoreWatch
  metrics: Metrics
  log: Log
  /** True while sockets are closed because this node shuts down. */
  draining(): boolean
}

/** An ended match is shown again to a player who lost his connection around its end, ms. */
const SHOW_ENDED_MS = 30_000
const LIMITER_CAPACITY = 200_000

/** Sockets come and go: each is made its player's one connection and told where he is. Answers what ends the watch over them. */
export function openGateway(options: GatewayOptions): () => void {
  const { io, redis, matches, matchmaker, whereabouts, presence, delivery, metrics, log } = options

  async function settleIn(socket: GameSocket): Promise<void> {
    const { player } = socket.data
    // Subscribed before the match is read: no view can fall between the two.
    await socket.join(playerRoom(player.id))
    const replaced = await presence.take(player.id, socket.data.connection)
    if (replaced !== null) delivery.close(replaced, 'replaced')
    await redis.subscriptions.settled()
    await show(socket)
  }

  async function show(socket: GameSocket): Promise<void> {
    const { player } = socket.data
    const here = await whereabouts.current(player.id)
    if (!here || !socket.connected) return
    const { state, now } = here
    if (state.status === 'finished') {
      if (now - (state.endedAt ?? 0) < SHOW_ENDED_MS) socket.emit('match', viewOf(state, now))
      return
    }
    const view = await matches.presence(state.id, player.id, socket.data.connection, true)
    socket.emit('match', view ?? viewOf(state, now))
  }

  async function leaveBehind(socket: GameSocket): Promise<void> {
    const { player, connection } = socket.data
    if (!(await presence.give(player.id, connection))) return
    // While draining, the player is on his way to another node and keeps his place.
    if (!options.draining()) await matchmaker.abandon(player.id, connection)
    const here = await whereabouts.current(player.id)
    if (here && here.state.status !== 'finished') await matches.presence(here.state.id, player.id, connection, false)
  }

  /** A socket watches one match at a time. */
  async function follow(socket: GameSocket, match: string): Promise<void> {
    const { watching } = socket.data
    if (watching !== undefined && watching !== match) await socket.leave(watchRoom(watching))
    socket.data.watching = match
    await socket.join(watchRoom(match))
    await redis.subscriptions.settled()
  }

  const dispatch = createDispatch({ table: options.commands, limiter: createLimiter(LIMITER_CAPACITY), limits: options.limits, follow, stores: options.stores, metrics, log })

  batchWrites(io)
  io.on('connection', (socket) => {
    metrics.connections.inc()
    socket.data.connection = connectionOf(options.node, socket.id)
    const ready = settleIn(socket)
    socket.data.ready = ready
    ready.catch((fault: unknown) => {
      options.stores.failed(fault)
      log.warn({ socket: socket.id, err: isOutage(fault) ? undefined : fault }, 'a connection could not be set up: closed for the client to try again')
      socket.conn.close()
    })
    dispatch(socket)
    expectViews(socket)
    socket.on('disconnect', (reason) => {
      metrics.connections.dec()
      log.debug({ socket: socket.id, reason }, 'disconnected')
      ready
        .then(() => leaveBehind(socket))
        .catch((fault: unknown) => {
          if (!isOutage(fault)) log.error({ socket: socket.id, err: fault }, 'a disconnection could not be noted')
        })
    })
  })

  // What was published during an outage is lost: every socket of this node is shown its match again.
  redis.subscriptions.onGap(() => {
    for (const socket of io.sockets.sockets.values()) socket.data.silentUntil = 0
  })

  return watchSilence({ io, show, log })
}
