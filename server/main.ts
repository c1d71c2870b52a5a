/** The only place that constructs. Everything starts here, and stops here. */
import { createServer, type IncomingMessage } from 'node:http'
import proxyAddress from 'proxy-addr'
import { createAvatars } from './auth/avatars.ts'
import { createPictures } from './auth/pictures.ts'
import { createPlayers } from './auth/players.ts'
import { createSessions } from './auth/sessions.ts'
import { createWechat } from './auth/wechat.ts'
import { ConfigError, printable, publicUrlOf, readConfig, type Config } from './config.ts'
import { checkDatabase, createDatabase } from './database.ts'
import { CatalogueError } from './errors.ts'
import { createMatches } from './game/matches.ts'
import { botTicket, createMatchmaker, type Matchmaker } from './game/matchmaker.ts'
import { createPenalties } from './game/penalties.ts'
import { createQueue } from './game/queue.ts'
import { createReferee } from './game/referee.ts'
import { createRooms } from './game/rooms.ts'
import type { NewMatch, NewSeat } from './game/rules.ts'
import { createWhereabouts } from './game/whereabouts.ts'
import type { BestOf, MatchMode } from '../client-sdk/src/protocol.ts'
import { createApp } from './http/app.ts'
import { healthRoutes } from './http/health-routes.ts'
import { historyRoutes } from './http/history-routes.ts'
import { leaderboardRoutes } from './http/leaderboard-routes.ts'
import { limitAddresses } from './http/limits.ts'
import { onlineRoutes } from './http/online-routes.ts'
import { sessionRoutes } from './http/session-routes.ts'
import { newNodeId } from './ids.ts'
import { nodeChannel, playerSocketKey } from './keys.ts'
import { createLimiter } from './limits.ts'
import { createLog, type Log } from './log.ts'
import { createMetrics } from './metrics.ts'
import { createCommands } from './realtime/commands.ts'
import { limitConnections } from './realtime/connection-limits.ts'
import { createDelivery } from './realtime/delivery.ts'
import { drain } from './realtime/drain.ts'
import { watchEventLoop, type EventLoop } from './realtime/event-loop.ts'
import { createSocketServer, openGateway } from './realtime/gateway.ts'
import { guardHandshakes } from './realtime/handshake.ts'
import { createOnline } from './realtime/online.ts'
import { createPresence } from './realtime/presence.ts'
import { createHistory } from './record/history.ts'
import { createLeaderboard } from './record/leaderboard.ts'
import type { Recorder } from './record/recorder.ts'
import { UnfitRedisError } from './redis/check.ts'
import { createRedis } from './redis/clients.ts'
import { listenAndCheck, startRecording, stopOnSignals } from './roles/parts.ts'
import { runRecorder } from './roles/recorder.ts'
import { createStoreWatch } from './store-watch.ts'
import { isRepeatedByDriver, SessionError } from '../prisma/connection.ts'
import { runMigrations } from '../prisma/migrate.ts'

const LIMITER_CAPACITY = 100_000
const OVERLOADED_RETRY_MS = 2000
/** Making a match takes milliseconds: after this long its node is dead or stalled. */
const ORPHANED_MS = 1500
/** A room whose owner has not been claimed for it after this long never will be. */
const UNCLAIMED_MS = 5000

async function runServer(config: Config, log: Log): Promise<void> {
  const metrics = createMetrics(config.NODE_NAME)
  const redis = createRedis(config, log, metrics)
  const database = createDatabase(config)
  const { commands } = redis
  let state: 'starting' | 'ready' | 'draining' = 'starting'
  const hurry = new AbortController()

  const shards = config.SHARDS
  const newMatch = (id: string, mode: MatchMode, bestOf: BestOf, code: string | null, waitMs: number, seat: NewSeat): NewMatch => ({
    id,
    mode,
    bestOf,
    code,
    seat,
    waitMs,
    limits: {
      roundMs: config.ROUND_MS,
      maxRounds: bestOf * config.MAX_ROUNDS_FACTOR,
      maxMissed: config.MAX_MISSED,
      botMinMs: config.BOT_MIN_MS,
      botMaxMs: config.BOT_MAX_MS,
    },
  })

  const trusted = proxyAddress.compile(config.TRUST_PROXY.split(',').map((part) => part.trim()))
  const addresses = createLimiter(LIMITER_CAPACITY)
  const sessions = createSessions(commands, config)
  const players = createPlayers(commands, database)
  const leaderboard = createLeaderboard(commands, players)
  const stores = createStoreWatch({ metrics, log })
  const refusal = (): string | null => {
    const reason = stores.unwritable()
    return reason === null ? null : `Redis: ${reason}`
  }
  const unready = (): string | null => (state === 'ready' ? (commands.status === 'ready' ? refusal() : 'Redis is away') : state)
  const degraded = (): string[] => {
    const reason = stores.trouble('mysql')
    return reason === null ? [] : [`MySQL: ${reason}`]
  }

  // Given here because Socket.IO wraps the listeners that it finds; the app is built further down.
  const http = createServer({ headersTimeout: 15_000, requestTimeout: 30_000 }, (request, response) => void app(request, response))
  // Long-polling clients are silent until the next ping; whoever reads no answer for longer is gone.
  http.timeout = config.PING_INTERVAL_MS + config.PING_TIMEOUT_MS + 10_000
  const io = createSocketServer(http, redis, config)
  const node = newNodeId()
  const delivery = createDelivery(io, node)
  const presence = createPresence(commands, metrics)
  const online = createOnline({ redis: commands, metrics, log, node: config.NODE_NAME, shards, connected: () => io.sockets.sockets.size, stores })

  const referee = createReferee(commands, metrics, node)
  const whereabouts = createWhereabouts(commands, referee, metrics)
  const penalties = createPenalties(commands, { free: config.ABANDON_FREE, firstMs: config.ABANDON_WAIT_MS, maxMs: config.ABANDON_WAIT_MAX_MS })
  const matches = createMatches({
    referee,
    deliver: delivery.match,
    deliverHere: delivery.matchHere,
    deliverEmote: delivery.emote,
    abandoned: penalties.note,
    continueRematch: (state) => matchmaker.continueRematch(state),
    alsoSweep: () => matchmaker.sweep(),
    metrics,
    log,
    shards,
    sweepMs: config.SWEEP_MS,
    sweepGraceMs: config.SWEEP_GRACE_MS,
    retainMs: config.MATCH_RETAIN_MS,
  })
  const matchmaker: Matchmaker = createMatchmaker({
    redis: commands,
    queue: createQueue(commands, metrics, {
      ticketTtlMs: config.TICKET_TTL_MS,
      sweepMs: config.SWEEP_MS,
      windows: {
        ranked: { base: config.RANKED_WINDOW, perSecond: config.RANKED_WINDOW_PER_SECOND, avoidLast: false },
        casual: { base: config.CASUAL_WINDOW, perSecond: config.CASUAL_WINDOW_PER_SECOND, avoidLast: true },
      },
      bot: { mode: 'casual', afterMs: config.BOT_AFTER_MS, ticket: botTicket },
    }),
    penalties,
    profile: players.get,
    matches,
    whereabouts,
    log,
    shards,
    ticketTtlMs: config.TICKET_TTL_MS,
    orphanedMs: ORPHANED_MS,
    newMatch: (id, mode, bestOf, seat) => newMatch(id, mode, bestOf, null, config.ROOM_WAIT_MS, seat),
  })
  const rooms = createRooms({
    redis: commands,
    matches,
    whereabouts,
    profile: players.get,
    shards,
    waitMs: config.ROOM_WAIT_MS,
    newMatch: (id, code, bestOf, seat) => newMatch(id, 'room', bestOf, code, UNCLAIMED_MS, seat),
  })

  let recorder: Recorder | null = null
  let eventLoop: EventLoop | null = null
  const refresh = async (): Promise<void> => {
    degraded()
    if (commands.status !== 'ready') return
    await online.numbers()
    await recorder?.measure()
  }
  const app = createApp({
    log,
    trustProxy: config.TRUST_PROXY,
    failed: stores.failed,
    admit: limitAddresses(addresses, config.API_PER_MINUTE),
    routers: [
      healthRoutes({ metrics, unready, degraded, refresh }),
      sessionRoutes({
        wechat: createWechat(config, log),
        sessions,
        players,
        avatars: createAvatars(database, createPictures()),
        publicUrl: publicUrlOf(config),
        limiter: addresses,
        loginPerMinute: config.LOGIN_PER_MINUTE,
        metrics,
        playerChanged: (player) => delivery.player(player),
        async loggedOut(playerId) {
          const connection = await commands.get(playerSocketKey(playerId))
          if (connection !== null) delivery.close(connection, 'logged_out')
        },
      }),
      onlineRoutes(online),
      leaderboardRoutes({ sessions, players, leaderboard, limiter: addresses }),
      historyRoutes({ sessions, players, limiter: addresses, history: createHistory(database, players) }),
    ],
  })

  const addressOf = (request: IncomingMessage): string => proxyAddress(request, trusted)
  limitConnections({
    io,
    http,
    addressOf,
    limiter: addresses,
    handshakesPerMinute: config.HANDSHAKES_PER_MINUTE,
    unauthenticatedPerAddress: config.UNAUTHENTICATED_PER_ADDRESS,
    unauthenticatedMs: config.UNAUTHENTICATED_MS,
    maxConnections: config.MAX_CONNECTIONS,
    metrics,
    log,
  })
  guardHandshakes(io, {
    limiter: addresses,
    handshakesPerMinute: config.HANDSHAKES_PER_MINUTE,
    addressOf,
    sessions,
    players,
    stores,
    metrics,
    log,
    refusal(connections) {
      if (state === 'draining') return new CatalogueError('draining')
      if (connections >= config.MAX_CONNECTIONS || eventLoop?.isOverloaded()) return new CatalogueError('overloaded', { retryAfterMs: OVERLOADED_RETRY_MS })
      return null
    },
  })
  const closeGateway = openGateway({
    io,
    node,
    redis,
    commands: createCommands({ matches, matchmaker, rooms, whereabouts }),
    limits: config.LIMITS,
    matches,
    matchmaker,
    whereabouts,
    presence,
    delivery,
    stores,
    metrics,
    log,
    draining: () => state === 'draining',
  })

  async function stop(signal: string): Promise<void> {
    if (state === 'draining') {
      hurry.abort()
      return
    }
    state = 'draining'
    log.info({ signal, sockets: io.sockets.sockets.size, windowMs: config.DRAIN_MS }, 'draining')
    await drain(io, config.DRAIN_MS, hurry.signal)
    closeGateway()
    await io.close()
    matches.close()
    await online.close()
    eventLoop?.close()
    await recorder?.close()
    await database.$disconnect()
    await redis.close()
    log.info('stopped')
    // A long-polling client that vanished leaves a timer of Engine.IO's behind, which would hold the process for 30 s.
    process.exit()
  }
  stopOnSignals(stop, log)

  await listenAndCheck(http, redis, config, log)
  await redis.hear(Array.from({ length: shards }, (_, shard) => nodeChannel(shard, node)), matches.hear)
  if (config.RECORDER && state === 'starting') {
    recorder = startRecording({ redis, database, leaderboard, delivery, config, metrics, log })
  }
  // Not before: the work of starting says nothing about the load.
  eventLoop = watchEventLoop(config.MAX_EVENT_LOOP_DELAY_MS, metrics)
  if (state === 'starting') state = 'ready'
  const address = http.address()
  log.info({ port: typeof address === 'object' ? address?.port : undefined }, 'ready')
}

/** Either of the two that serve until they are told to stop. */
function serve(role: 'server' | 'recorder'): void {
  try {
    const config = readConfig(process.env, role)
    const log = createLog(config)
    // Node itself would print the error with all that it carries.
    process.on('uncaughtException', (fault) => {
      log.fatal({ err: fault }, 'uncaught exception')
      process.exit(1)
    })
    process.on('unhandledRejection', (fault) => {
      if (!isRepeatedByDriver(fault)) log.error({ err: fault }, 'unhandled rejection')
    })
    log.info({ role, config: printable(config), runtime: process.version }, 'starting')
    const run = role === 'server' ? runServer : runRecorder
    checkDatabase(config).then(() => run(config, log)).catch((fault: unknown) => {
      log.fatal(fault instanceof UnfitRedisError || fault instanceof SessionError ? {} : { err: fault }, fault instanceof UnfitRedisError || fault instanceof SessionError ? fault.message : 'failed to start')
      process.exit(1)
    })
  } catch (fault) {
    if (!(fault instanceof ConfigError)) throw fault
    process.stderr.write(`${fault.message}\n`)
    process.exitCode = 2
  }
}

const [role = 'server', ...rest] = process.argv.slice(2)
if (role === 'migrate') process.exitCode = await runMigrations(rest, process.env)
else if (rest.length === 0 && (role === 'server' || role === 'recorder')) serve(role)
else {
  process.stderr.write('Usage: node server/main.ts [server | recorder | migrate [--wait]]\n')
  process.exitCode = 2
}
