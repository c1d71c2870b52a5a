/** What the roles that serve have in common. */
import { randomUUID } from 'node:crypto'
import type { Server as HttpServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../config.ts'
import type { Database } from '../database.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import { isOutage } from '../errors.ts'
import type { FanOut } from '../realtime/fan-out.ts'
import type { Leaderboard } from '../recorder/leaderboard.ts'
import { createOutbox } from '../recorder/outbox.ts'
import { createRecorder, type Recorder } from '../recorder/recorder.ts'
import { checkRedis } from '../redis/check.ts'
import { nodesOfRelease01 } from '../registry.ts'
import type { RedisClients } from '../redis/clients.ts'
import { ownRecord } from '../moderation/review.ts'
import type { StoreHealth } from '../store-health.ts'

/** Calls `stop` at every SIGTERM and SIGINT. If it fails, the process exits with 1. */
export function stopOnSignals(stop: (signal: string) => Promise<void>, log: Log): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      stop(signal).catch((error: unknown) => {
        log.fatal({ err: error }, 'stopping failed')
        // What did not stop would keep the process alive, and its supervisor waiting.
        process.exit(1)
      })
    })
  }
}

/** Why this process is not ready, or is degraded, according to the health of its stores. */
export function readinessFrom(stores: StoreHealth): { refusal(): string | null; degraded(): string[] } {
  return {
    refusal() {
      const reason = stores.unwritable()
      return reason === null ? null : `Redis: ${reason}`
    },
    degraded() {
      const reason = stores.trouble('mysql')
      return reason === null ? [] : [`MySQL: ${reason}`]
    },
  }
}

/** Listens at once, so that health checks get replies, and resolves once Redis is available and fit. @throws UnfitRedisError */
export async function listenAndCheck(http: HttpServer, { commands }: RedisClients, config: Config, log: Log): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject)
    http.listen(config.PORT, config.HOST, resolve)
  })
  if (commands.status !== 'ready') await new Promise((resolve) => commands.once('ready', resolve))
  await checkRedis(commands, config, log)
}

/**
 * Runs `run` until Redis and MySQL serve it, or until this process is asked to stop: they may go away, or be full, at any moment of a
 * start.
 * @param refused called with each outage
 */
export async function whenServed(
  run: () => Promise<void>,
  stopping: () => boolean,
  refused: (error: unknown) => void = () => undefined,
): Promise<void> {
  while (!stopping()) {
    try {
      return await run()
    } catch (error) {
      if (!isOutage(error)) throw error
      refused(error)
      await sleep(START_RETRY_MS)
    }
  }
}

const START_RETRY_MS = 300

/** Waits until no node of release 0.1 is left: it would lose the matches of this release, and take them for its own. */
export async function waitForRelease01(redis: RedisClients['commands'], log: Log): Promise<void> {
  for (let said = false; ; said = true) {
    const nodes = await nodesOfRelease01(redis)
    if (nodes === 0) return
    if (!said)
      log.warn({ nodes }, 'nodes of release 0.1 still run: stop them all, this release starts once they are gone (see docs/runbook.md)')
    await sleep(500)
  }
}

export interface RecordingOptions {
  redis: RedisClients
  database: Database
  leaderboard: Leaderboard
  fanOut: FanOut
  config: Config
  metrics: Metrics
  log: Log
  stores: StoreHealth
}

/** A recorder that sends players their new record, on whatever node they are. */
export function startRecording({ redis, database, leaderboard, fanOut, config, metrics, log, stores }: RecordingOptions): Recorder {
  return createRecorder({
    outbox: createOutbox(redis.commands, metrics),
    database,
    config,
    owner: `${config.NODE_NAME}:${randomUUID()}`,
    metrics,
    log,
    failed: stores.failed,
    slow: stores.slow,
    async onRecorded(ends, known) {
      const players = await leaderboard.update(ends, known)
      for (const player of await Promise.all(players.map((each) => ownRecord(redis.commands, each)))) fanOut.player(player)
    },
  })
}
