import { createServer, type IncomingMessage } from 'node:http'
import proxyAddress from 'proxy-addr'
import { createAvatars } from '../players/avatars.ts'
import { createPictures } from '../players/pictures.ts'
import { createOpenids } from '../players/openids.ts'
import { createPlayers } from '../players/players.ts'
import { createSessions } from '../players/sessions.ts'
import { createWechat } from '../players/wechat.ts'
import { publicUrlOf, type Config } from '../config.ts'
import { createDatabase } from '../database.ts'
import { CatalogueError } from '../errors.ts'
import { createEraser } from '../erasure/eraser.ts'
import { createErasures } from '../erasure/erasures.ts'
import { checkGame, loadGame } from '../game.ts'
import { withAdmission } from '../http/admission.ts'
import { createApp } from '../http/app.ts'
import { deletionRoutes } from '../http/deletion-routes.ts'
import { healthRoutes } from '../http/health-routes.ts'
import { historyRoutes } from '../http/history-routes.ts'
import { leaderboardRoutes } from '../http/leaderboard-routes.ts'
import { nginxDrainRoutes } from '../http/nginx-drain-routes.ts'
import { limitAddresses } from '../http/limits.ts'
import { noticeRoutes } from '../http/notice-routes.ts'
import { onlineRoutes } from '../http/online-routes.ts'
import { sessionRoutes } from '../http/session-routes.ts'
import { wechatPushRoutes } from '../http/wechat-push-routes.ts'
import { newNodeId } from '../ids.ts'
import { nodeChannel } from '../keys.ts'
import { createLimiter } from '../limits.ts'
import { type Log } from '../log.ts'
import { createMetrics } from '../metrics.ts'
import { type Formats } from '../match/formats.ts'
import { createWaitingNotices } from '../notices/waiting-notices.ts'
import { createCommands } from '../realtime/commands.ts'
import { createConnections } from '../realtime/connections.ts'
import { limitConnections } from '../realtime/connection-limits.ts'
import { drain } from '../realtime/drain.ts'
import { watchEventLoop, type EventLoop } from '../realtime/event-loop.ts'
import { createFanOut } from '../realtime/fan-out.ts'
import { createSocketServer, openGateway } from '../realtime/gateway.ts'
import { guardHandshakes } from '../realtime/handshake.ts'
import { createNginxDrain } from '../realtime/nginx-drain.ts'
import { createSpectators } from '../realtime/spectators.ts'
import { createSpectatorCounts } from '../realtime/spectator-counts.ts'
import { createHistory } from '../recorder/history.ts'
import { createLeaderboard } from '../recorder/leaderboard.ts'
import type { Recorder } from '../recorder/recorder.ts'
import { createRedis } from '../redis/clients.ts'
import { createRegistry } from '../registry.ts'
import { listenAndCheck, startRecording, stopOnSignals, readinessFrom, waitForRelease01, whenServed } from './lifecycle.ts'
import { createContentSafety } from '../moderation/content-safety.ts'
import { uncheckedProfiles } from '../moderation/profiles.ts'
import { createAccessTokens } from '../wechat/access-token.ts'
import { createWechatApi } from '../wechat/api.ts'
import { createStoreHealth } from '../store-health.ts'
import { createGameplay } from './gameplay.ts'

const LIMITER_CAPACITY = 100_000
const OVERLOADED_RETRY_MS = 2000

/** A node: serves players, and records unless RECORDER is off. Everything in it is constructed and stopped here. */
export async function runServer(config: Config, log: Log, formats: Formats): Promise<void> {
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
  const stores = createStoreHealth({ metrics, log })
  const { refusal, degraded } = readinessFrom(stores)
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
  const fanOut = createFanOut(io, game, node)
  const connections = createConnections(commands, metrics)
  const nginxDrain = createNginxDrain({ redis: commands, io, metrics, log })
  const api = createWechatApi({ tokens: createAccessTokens({ redis: commands, config, log }), config, log })
  const notices =
    config.WECHAT_WAITING_TEMPLATE === undefined ? null : createWaitingNotices({ redis: commands, database, api, config, metrics, log })
  const safety =
    config.CONTENT_SAFETY === 'wechat'
      ? createContentSafety({ redis: commands, database, players, config, api, metrics, log, failed: stores.failed, sendTo: fanOut.player })
      : null

  const {
    matches,
    reservations,
    matchmaker,
    rooms,
    close: closeGameplay,
  } = createGameplay({
    redis: commands,
    game,
    config,
    formats,
    metrics,
    log,
    node,
    profile: players.get,
    connectionOf: connections.current,
    isDead: registry.isDead,
    show: fanOut.committed,
    showHere: fanOut.remote,
    format: registry.format,
  })
  const spectatorCounts = createSpectatorCounts({ redis: commands, matches, registry, fanOut, log })
  const spectators = createSpectators({ redis: commands, matches, node, changed: spectatorCounts.changed })
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
  // The Redis that replaces a lost one may not have what this node remembers.
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
              results: safety.results,
              log,
            }),
          ]
        : []),
      ...(notices ? [noticeRoutes({ sessions, players, notices, limiter: addresses })] : []),
      nginxDrainRoutes(nginxDrain),
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
  /** Why this node accepts no connection beyond this number; null if it does. */
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
    nginxDrain.close()
    await drain(io, config.DRAIN_MS, hurry.signal)
    closeGateway()
    await io.close()
    closeGameplay()
    spectatorCounts.close()
    await registry.close()
    eventLoop?.close()
    await recorder?.close()
    await safety?.close()
    await eraser.close()
    await database.$disconnect()
    await redis.close()
    log.info('stopped')
    // A long-polling client that vanished leaves a timer of Engine.IO behind, which would keep the process alive for 30 s.
    process.exit()
  }
  stopOnSignals(stop, log)

  await listenAndCheck(http, redis, config, log)
  await redis.subscribe(
    Array.from({ length: shards }, (_, shard) => nodeChannel(shard, node)),
    matches.receive,
  )
  await whenServed(() => waitForRelease01(commands, log), draining)
  await whenServed(() => checkGame(game, { redis: commands, database, log }), draining)
  if (config.RECORDER && state === 'starting') {
    recorder = startRecording({ redis, database, leaderboard, fanOut, config, metrics, log, stores })
  }
  // Recording starts first: emptying a full Redis must not wait until Redis can take this node's registration.
  await whenServed(registry.start, draining, stores.wrote)
  // Not before: the work of starting says nothing about the load.
  eventLoop = watchEventLoop(config.MAX_EVENT_LOOP_DELAY_MS, metrics)
  if (state === 'starting') {
    safety?.start()
    eraser.start()
    nginxDrain.start()
    state = 'ready'
  }
  const address = http.address()
  log.info({ port: typeof address === 'object' ? address?.port : undefined }, 'ready')
}
