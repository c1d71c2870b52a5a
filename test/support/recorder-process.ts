/**
 * A recorder in a process of its own, which dies at the step that CRASH_AT names: `written`, between its inserts and its commit, or
 * `committed`, before caches, leaderboards and the stream follow. With WRITING_MS in its environment, every batch takes that much longer.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { readConfig } from '../../server/src/config.ts'
import { createPlayers } from '../../server/src/players/players.ts'
import { createDatabase } from '../../server/src/database.ts'
import { createLog } from '../../server/src/log.ts'
import { createMetrics } from '../../server/src/metrics.ts'
import { createLeaderboard } from '../../server/src/recorder/leaderboard.ts'
import { createOutbox } from '../../server/src/recorder/outbox.ts'
import { createRecorder } from '../../server/src/recorder/recorder.ts'
import { connectRedis } from '../../server/src/redis/connect.ts'

const config = readConfig(process.env)
const metrics = createMetrics(config.NODE_NAME)
const redis = connectRedis(config, 'recorder', 'patient')
redis.on('error', (error: Error) => process.stderr.write(`${error.message}\n`))
const database = createDatabase(config)
const leaderboard = createLeaderboard(redis, createPlayers(redis, database))
const log = createLog(config)
createRecorder({
  outbox: createOutbox(redis, metrics),
  database,
  config,
  owner: randomUUID(),
  metrics,
  log,
  async onRecorded(ends, known) {
    await leaderboard.update(ends, known)
  },
  async onStep(step) {
    // SIGKILL, not exit: nothing may be cleaned up on the way out.
    if (step === process.env['CRASH_AT']) process.kill(process.pid, 'SIGKILL')
    // Long enough for another recorder to read the same entries.
    if (step === 'written' && process.env['WRITING_MS'] !== undefined) await sleep(Number(process.env['WRITING_MS']))
  },
})
log.info('recording')
