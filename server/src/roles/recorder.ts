/** A recorder alone: no sockets, only what Kubernetes and Prometheus request over HTTP. */
import { createServer } from 'node:http'
import { createPlayers } from '../players/players.ts'
import type { Config } from '../config.ts'
import { createDatabase } from '../database.ts'
import { checkGame, loadGame } from '../game.ts'
import { createApp } from '../http/app.ts'
import { healthRoutes } from '../http/health-routes.ts'
import { newNodeId } from '../ids.ts'
import type { Log } from '../log.ts'
import type { Formats } from '../match/formats.ts'
import { createMetrics } from '../metrics.ts'
import { createFanOut } from '../realtime/fan-out.ts'
import { createSocketServer } from '../realtime/gateway.ts'
import { createLeaderboard } from '../recorder/leaderboard.ts'
import type { Recorder } from '../recorder/recorder.ts'
import { createRedis } from '../redis/clients.ts'
import { createRegistry } from '../registry.ts'
import { createStoreHealth } from '../store-health.ts'
import { listenAndCheck, startRecording, stopOnSignals, readinessFrom, waitForRelease01, whenServed } from './lifecycle.ts'

export async function runRecorder(config: Config, log: Log, formats: Formats): Promise<void> {
  const metrics = createMetrics(config.NODE_NAME)
  const redis = createRedis(config, log, metrics)
  const database = createDatabase(config)
  const { commands } = redis
  const game = await loadGame(config.GAME)
  const stores = createStoreHealth({ metrics, log })
  const { refusal, degraded } = readinessFrom(stores)
  const registry = createRegistry({
    redis: commands,
    metrics,
    log,
    node: newNodeId(),
    formats: [...formats.keys()],
    shards: config.SHARDS,
    connected: () => 0,
    stores,
  })
  // Players receive their new rating on whatever node they are; nobody can connect to this process.
  const io = createSocketServer(undefined, redis, config)
  const fanOut = createFanOut(io, game, '')
  const leaderboard = createLeaderboard(commands, createPlayers(commands, database, metrics), metrics)

  let recorder: Recorder | null = null
  /** Recording, and registered. */
  let started = false
  let stopping = false
  // While Redis refuses the registration, it says why this takes so long.
  const unready = (): string | null => {
    if (stopping) return 'draining'
    if (recorder !== null && commands.status !== 'ready') return 'Redis is away'
    return refusal() ?? (started ? null : 'starting')
  }
  const http = createServer(
    createApp({
      log,
      trustProxy: config.TRUST_PROXY,
      routers: [
        healthRoutes({
          metrics,
          unready,
          degraded,
          async refresh() {
            degraded()
            if (commands.status === 'ready') await recorder?.measure()
          },
        }),
      ],
    }),
  )

  async function stop(signal: string): Promise<void> {
    if (stopping) return
    stopping = true
    log.info({ signal }, 'stopping')
    await recorder?.close()
    await registry.close()
    http.closeAllConnections()
    await new Promise((resolve) => http.close(resolve))
    await database.$disconnect()
    await redis.close()
    log.info('stopped')
    // A start that still waits for a store would keep the process alive.
    process.exit()
  }
  stopOnSignals(stop, log)

  await listenAndCheck(http, redis, config, log)
  const stopped = (): boolean => stopping
  await whenServed(() => waitForRelease01(commands, log), stopped)
  await whenServed(() => checkGame(game, { redis: commands, database, log }), stopped)
  if (stopping) return
  recorder = startRecording({ redis, database, leaderboard, fanOut, config, metrics, log, stores })
  // Recording starts first: emptying a full Redis must not wait until Redis can take this node's registration.
  await whenServed(registry.start, stopped, stores.wrote)
  started = true
  log.info('recording')
}
