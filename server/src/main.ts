/** The only place that constructs. Everything starts here, and stops here. */
import { createServer, type IncomingMessage } from 'node:http'
import proxyAddress from 'proxy-addr'
import { createAvatars } from './players/avatars.ts'
import { createPictures } from './players/pictures.ts'
import { createOpenids } from './players/openids.ts'
import { createPlayers } from './players/players.ts'
import { createSessions } from './players/sessions.ts'
import { createWechat } from './players/wechat.ts'
import { ConfigError, printable, publicUrlOf, readConfig, warningsOf, type Config } from './config.ts'
import { checkDatabase, createDatabase } from './database.ts'
import { CatalogueError } from './errors.ts'
import { createEraser } from './erasure/eraser.ts'
import { createErasures } from './erasure/erasures.ts'
import { checkGame, loadGame, WrongGameError } from './game.ts'
import { withAdmission } from './http/admission.ts'
import { createApp } from './http/app.ts'
import { deletionRoutes } from './http/deletion-routes.ts'
import { healthRoutes } from './http/health-routes.ts'
import { historyRoutes } from './http/history-routes.ts'
import { leaderboardRoutes } from './http/leaderboard-routes.ts'
import { leavingNginxRoutes } from './http/nginx-drain-routes.ts'
import { limitAddresses } from './http/limits.ts'
import { noticeRoutes } from './http/notice-routes.ts'
import { onlineRoutes } from './http/online-routes.ts'
import { sessionRoutes } from './http/session-routes.ts'
import { wechatPushRoutes } from './http/wechat-push-routes.ts'
import { newNodeId } from './ids.ts'
import { nodeChannel } from './keys.ts'
import { createLimiter } from './limits.ts'
import { createLog, type Log } from './log.ts'
import { createMetrics } from './metrics.ts'
import { createMatchCache } from './match/cache.ts'
import { FORMATS, type Formats } from './match/formats.ts'
import { createMatches, type Matches } from './match/matches.ts'
import { setupFactory } from './match/setup.ts'
import { createMatchStore } from './match/store.ts'
import { startSweeper } from './match/sweeper.ts'
import { createTransitions } from './match/transitions.ts'
import { botTicket, createMatchmaker, type Matchmaker } from './matchmaking/matchmaker.ts'
import { createPenalties } from './matchmaking/penalties.ts'
import { createQueue } from './matchmaking/queue.ts'
import { createReservations, MAKING_MS } from './matchmaking/reservations.ts'
import { createRooms } from './matchmaking/rooms.ts'
import { createWaitingNotices } from './notices/waiting-notices.ts'
import { createCommands } from './realtime/commands.ts'
import { createConnections } from './realtime/connections.ts'
import { limitConnections } from './realtime/connection-limits.ts'
import { drain } from './realtime/drain.ts'
import { watchEventLoop, type EventLoop } from './realtime/event-loop.ts'
import { createFanOut } from './realtime/fan-out.ts'
import { createSocketServer, openGateway } from './realtime/gateway.ts'
import { guardHandshakes } from './realtime/handshake.ts'
import { createLeavingNginx } from './realtime/nginx-drain.ts'
import { createSpectators } from './realtime/spectators.ts'
import { createWatcherCounts } from './realtime/spectator-counts.ts'
import { createHistory } from './recorder/history.ts'
import { createLeaderboard } from './recorder/leaderboard.ts'
import type { Recorder } from './recorder/recorder.ts'
import { UnfitRedisError } from './redis/check.ts'
import { createRedis } from './redis/clients.ts'
import { createRegistry } from './registry.ts'
import { listenAndCheck, startRecording, stopOnSignals, storeHealth, waitForRelease01, whenServed } from './roles/lifecycle.ts'
import { runRecorder } from './roles/recorder.ts'
import { createContentSafety } from './moderation/content-safety.ts'
import { uncheckedProfiles } from './moderation/profiles.ts'
import { createAccessTokens } from './wechat/access-token.ts'
import { createWechatApi } from './wechat/api.ts'
import { createStoreWatch } from './store-health.ts'
import { isRepeatedByDriver, SessionError } from '../../prisma/connection.ts'
import { runMigrations } from '../../prisma/migrate.ts'

const LIMITER_CAPACITY = 100_000
const OVERLOADED_RETRY_MS = 2000
/** Making a match takes milliseconds: after this long its node is dead or stalled. */
const ORPHANED_MS = 1500
/** Matches of which a node knows the last state: more than it can have players for. */
const CACHED_MATCHES = 50_000

async function runServer(config: Config, log: Log, formats: Formats): Promise<void> {
  const metrics = createMetrics(config.NODE_NAME)
  const redis = createRedis(config, log, metrics)
  const database = createDatabase(config)
  const { commands } = redis
  let state: 'starting' | 'ready' | 'draining' = 'starting'
  const hurry = new AbortController()

  const shards = config.SHARDS
  const game = await loadGame(config.GAME)

  const trusted = proxyAddress.compile(config.TRUST_PROXY.split(',').map((part) => part.trim()))
  const addresses = createLimiter(LIMITER_CAPACITY)
  const sessions = createSessions(commands, config)
  const openids = createOpenids(commands)
  const players = createPlayers(commands, database, metrics)
  const avatars = createAvatars(database, createPictures())
  const leaderboard = createLeaderboard(commands, players, metrics)
  const stores = createStoreWatch({ metrics, log })
  const { refusal, degraded } = storeHealth(stores)
  const unready = (): string | null => (state === 'ready' ? (commands.status === 'ready' ? refusal() : 'Redis is away') : state)

  // Given here because Socket.IO wraps the listeners that it finds; the app is built further down.
  const admission = (): string | null =>
    state === 'starting' ? state : (refusalOf(io.engine.clientsCount)?.code ?? (registry.isCrowded() ? 'crowded' : null))
  const http = createServer(
    { headersTimeout: 15_000, requestTimeout: 30_000 },
    withAdmission({ refusal: admission, metrics }, (request, response) => void app(request, response)),
  )
  // Long-polling clients are silent until the next ping; a client that reads nothing for longer is gone.
  http.timeout = config.PING_INTERVAL_MS + config.PING_TIMEOUT_MS + 10_000
  const io = createSocketServer(http, redis, config)
  const node = newNodeId()
  const registry = createRegistry({
    redis: commands,
    metrics,
    log,
    node,
    formats: [...formats.keys()],
    shards,
    connected: () => io.sockets.sockets.size,
    draining: () => state === 'draining',
    stores,
  })
  const setupOf = setupFactory(game, config, registry.format)
  const fanOut = createFanOut(io, game, node)
  const connections = createConnections(commands, metrics)
  const leavingNginx = createLeavingNginx({ redis: commands, io, metrics, log })
  const api = createWechatApi({ tokens: createAccessTokens({ redis: commands, config, log }), config, log })
  const notices =
    config.WECHAT_WAITING_TEMPLATE === undefined ? null : createWaitingNotices({ redis: commands, database, api, config, metrics, log })
  const safety =
    config.CONTENT_SAFETY === 'wechat'
      ? createContentSafety({ redis: commands, database, players, config, api, metrics, log, failed: stores.failed, tell: fanOut.player })
      : null

  const cache = createMatchCache(CACHED_MATCHES)
  const penalties = createPenalties(commands, {
    free: config.ABANDON_FREE,
    firstMs: config.ABANDON_WAIT_MS,
    maxMs: config.ABANDON_WAIT_MAX_MS,
  })
  const store = createMatchStore({ redis: commands, metrics, node, formats, retainMs: Math.max(config.MATCH_RETAIN_MS, MAKING_MS) })
  const matches: Matches = createMatches({
    store,
    cache,
    transitions: createTransitions(game),
    show: fanOut.committed,
    showHere: fanOut.remote,
    abandoned: penalties.note,
    continueRematch: (match) => matchmaker.continueRematch(match),
    format: registry.format,
    metrics,
    log,
  })
  const reservations = createReservations(commands, matches, metrics)
  const watcherCounts = createWatcherCounts({ redis: commands, matches, registry, fanOut, log })
  const spectators = createSpectators({ redis: commands, matches, node, changed: watcherCounts.changed })
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
    reservations,
    connectionOf: connections.current,
    isDead: registry.isDead,
    log,
    shards,
    ticketTtlMs: config.TICKET_TTL_MS,
    orphanedMs: ORPHANED_MS,
    setupOf: (mode, terms, seats) => setupOf(mode, terms, null, seats),
  })
  const rooms = createRooms({
    redis: commands,
    matches,
    reservations,
    profile: players.get,
    shards,
    waitMs: config.ROOM_WAIT_MS,
    setupOf: (code, terms, seats) => setupOf('room', terms, code, seats),
  })
  const eraser = createEraser({
    redis: commands,
    erasures: createErasures(database),
    openids,
    players,
    leaderboard,
    matches,
    matchmaker,
    reservations,
    connections,
    fanOut,
    failed: stores.failed,
    log,
  })
  const sweeper = startSweeper({
    store,
    matches,
    alsoSweep: matchmaker.sweep,
    log,
    shards,
    sweepMs: config.SWEEP_MS,
    graceMs: config.SWEEP_GRACE_MS,
  })
  // Whatever takes the place of a Redis that is lost may not have what this node remembers.
  for (const loss of ['close', '-node', 'node error']) commands.on(loss, matches.forget)

  let recorder: Recorder | null = null
  let eventLoop: EventLoop | null = null
  const refresh = async (): Promise<void> => {
    degraded()
    if (commands.status !== 'ready') return
    await registry.online()
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
        openids,
        players,
        profiles: safety?.profiles ?? uncheckedProfiles(players, avatars),
        avatars,
        publicUrl: publicUrlOf(config),
        limiter: addresses,
        loginPerMinute: config.LOGIN_PER_MINUTE,
        wechatCloud: config.WECHAT_CLOUD,
        metrics,
        playerChanged: fanOut.player,
        async loggedOut(playerId) {
          const connection = await connections.current(playerId)
          if (connection !== null) fanOut.close(connection, 'logged_out')
        },
      }),
      deletionRoutes({ sessions, players, eraser, limiter: addresses }),
      ...(safety
        ? [
            wechatPushRoutes({
              appid: config.WECHAT_APPID,
              token: config.WECHAT_PUSH_TOKEN ?? '',
              aesKey: config.WECHAT_PUSH_AES_KEY ?? null,
              answers: safety.answers,
              log,
            }),
          ]
        : []),
      ...(notices ? [noticeRoutes({ sessions, players, notices, limiter: addresses })] : []),
      leavingNginxRoutes(leavingNginx),
      onlineRoutes({ numbers: registry.online }),
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
    connections,
    limiter: addresses,
    handshakesPerMinute: config.HANDSHAKES_PER_MINUTE,
    addressOf,
    sessions,
    players,
    stores,
    metrics,
    log,
    refusal: refusalOf,
  })
  /** Why this node takes no new connection beyond these; null if it does. */
  function refusalOf(sockets: number): CatalogueError | null {
    if (state === 'draining') return new CatalogueError('draining')
    if (sockets >= config.MAX_CONNECTIONS || eventLoop?.isOverloaded())
      return new CatalogueError('overloaded', { retryAfterMs: OVERLOADED_RETRY_MS })
    return null
  }
  const draining = (): boolean => state === 'draining'
  const closeGateway = openGateway({
    io,
    node,
    redis,
    commands: createCommands({ game, matches, matchmaker, rooms, reservations, connections, fanOut, friendWaits: notices?.friendWaits }),
    limits: config.LIMITS,
    game,
    matches,
    matchmaker,
    reservations,
    spectators,
    connections,
    fanOut,
    stores,
    metrics,
    log,
    registry,
    draining,
  })

  async function stop(signal: string): Promise<void> {
    if (state === 'draining') {
      hurry.abort()
      return
    }
    state = 'draining'
    log.info({ signal, sockets: io.sockets.sockets.size, windowMs: config.DRAIN_MS }, 'draining')
    leavingNginx.close()
    await drain(io, config.DRAIN_MS, hurry.signal)
    closeGateway()
    await io.close()
    sweeper.close()
    matches.close()
    watcherCounts.close()
    await registry.close()
    eventLoop?.close()
    await recorder?.close()
    await safety?.close()
    await eraser.close()
    await database.$disconnect()
    await redis.close()
    log.info('stopped')
    // A long-polling client that vanished leaves a timer of Engine.IO's behind, which would hold the process for 30 s.
    process.exit()
  }
  stopOnSignals(stop, log)

  await listenAndCheck(http, redis, config, log)
  await redis.hear(
    Array.from({ length: shards }, (_, shard) => nodeChannel(shard, node)),
    matches.receive,
  )
  await whenServed(() => waitForRelease01(commands, log), draining)
  await whenServed(() => checkGame(game, { redis: commands, database, log }), draining)
  if (config.RECORDER && state === 'starting') {
    recorder = startRecording({ redis, database, leaderboard, fanOut, config, metrics, log, stores })
  }
  // Recording goes first: what empties a full Redis must not wait for it to take this node.
  await whenServed(registry.start, draining, stores.wrote)
  // Not before: the work of starting says nothing about the load.
  eventLoop = watchEventLoop(config.MAX_EVENT_LOOP_DELAY_MS, metrics)
  if (state === 'starting') {
    safety?.start()
    eraser.start()
    leavingNginx.start()
    state = 'ready'
  }
  const address = http.address()
  log.info({ port: typeof address === 'object' ? address?.port : undefined }, 'ready')
}

/** Either of the two that serve until they are told to stop. @param formats that this build reads and writes */
export function serve(role: 'server' | 'recorder', formats: Formats = FORMATS): void {
  try {
    const config = readConfig(process.env, role)
    const log = createLog(config)
    // Node itself would print the error with all that it carries.
    process.on('uncaughtException', (error) => {
      log.fatal({ err: error }, 'uncaught exception')
      process.exit(1)
    })
    process.on('unhandledRejection', (error) => {
      if (!isRepeatedByDriver(error)) log.error({ err: error }, 'unhandled rejection')
    })
    log.info({ role, config: printable(config), runtime: process.version }, 'starting')
    if (role === 'server') for (const warning of warningsOf(config)) log.warn(warning)
    const run = role === 'server' ? runServer : runRecorder
    checkDatabase(config)
      .then(() => run(config, log, formats))
      .catch((error: unknown) => {
        const plain =
          error instanceof UnfitRedisError ||
          error instanceof SessionError ||
          error instanceof WrongGameError ||
          error instanceof ConfigError
        log.fatal(plain ? {} : { err: error }, plain ? error.message : 'failed to start')
        process.exit(1)
      })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 2
  }
}

export async function main([role = 'server', ...rest]: string[]): Promise<void> {
  if (role === 'migrate') process.exitCode = await runMigrations(rest, process.env)
  else if (rest.length === 0 && (role === 'server' || role === 'recorder')) serve(role)
  else {
    process.stderr.write('Usage: node server/main.ts [server | recorder | migrate [--wait]]\n')
    process.exitCode = 2
  }
}
