import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { createConnection } from 'mariadb'
import { takePort, releasePort } from '../../tools/services/ports.ts'
import { startRecorder } from '../../tools/services/recorder.ts'
import { fieldsOf } from '../../tools/play/outbox-entry.ts'
import { connectionOptions } from '../../prisma/connection.ts'
import { newMatchId } from '../../server/src/ids.ts'
import { outboxKey, shardOf } from '../../server/src/keys.ts'
import { cpuSeconds } from './processes.ts'
import { startCaiquan } from './subjects.ts'

export interface RecorderFigures {
  rounds: number
  /** By the clock, with everything else on this machine quiet. */
  roundsPerSecond: number
  /** Rounds per second of the recorder's own processor time: what one core would do. */
  roundsPerCore: number
  /** Processor time of MySQL per round, µs. */
  mysql: number
  /** Disk space per round with its share of the match, bytes: tables and indexes, without logs. */
  bytes: number
}

const SHARDS = 16
const ROUNDS = 6

/** Makes a separate recorder drain outboxes that hold this many matches of six rounds. */
export async function measureRecorder(matches: number, players: number): Promise<RecorderFigures> {
  const subject = await startCaiquan({ nodes: 1, env: { RECORDER: 'off' } })
  const redis = new Redis(subject.cluster.info.redis.url)
  const { mysql } = subject.cluster.info
  const database = await createConnection(connectionOptions(mysql.url))
  const port = await takePort()
  try {
    await subject.sessions(players)
    const ids = (await database.query<{ id: string }[]>("SELECT id FROM Player WHERE id <> 'bot'")).map(({ id }) => id)
    await fill(redis, matches, ids)
    const recorder = await startRecorder({
      name: 'recorder',
      port,
      logFile: join(subject.cluster.dataDir, 'logs', 'recorder.log'),
      redisUrl: subject.cluster.info.redis.url,
      databaseUrl: mysql.url,
      env: { LOG_LEVEL: 'warn' },
    })
    const count = async (): Promise<number> => Number((await database.query<{ n: bigint }[]>('SELECT COUNT(*) AS n FROM Round'))[0]?.n)
    const size = async (): Promise<number> => {
      await database.query('ANALYZE TABLE `Match`, Round, RatingChange')
      const [row] = await database.query<{ bytes: string }[]>(
        'SELECT SUM(data_length + index_length) AS bytes FROM information_schema.tables WHERE table_schema = DATABASE() AND ' +
          "table_name IN ('Match', 'Round', 'RatingChange')",
      )
      return Number(row?.bytes)
    }
    while ((await count()) === 0) await sleep(5)
    const [rows, cpu, cpuMysql, started] = [await count(), cpuSeconds(recorder.pid), cpuSeconds(mysql.pid), performance.now()]
    const wanted = matches * ROUNDS
    while ((await count()) < wanted) await sleep(50)
    const seconds = (performance.now() - started) / 1000
    const rounds = wanted - rows
    const figures = {
      rounds,
      roundsPerSecond: rounds / seconds,
      roundsPerCore: rounds / (cpuSeconds(recorder.pid) - cpu),
      mysql: ((cpuSeconds(mysql.pid) - cpuMysql) / rounds) * 1e6,
      bytes: (await size()) / wanted,
    }
    await recorder.stop()
    return figures
  } finally {
    releasePort(port)
    await database.end()
    await redis.quit()
    await subject.close()
  }
}

/** What commits append for matches of six rounds between random pairs, half of them ranked. */
async function fill(redis: Redis, matches: number, players: string[]): Promise<void> {
  const random = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T
  for (let made = 0; made < matches;) {
    const batch = redis.pipeline()
    for (let n = 0; n < 500 && made < matches; n += 1, made += 1) {
      const id = newMatchId(SHARDS)
      const key = outboxKey(shardOf(id))
      const mode = made % 2 ? 'ranked' : 'casual'
      const player0 = random(players)
      const player1 = random(players.filter((each) => each !== player0))
      const at = Date.now()
      batch.xadd(key, '*', ...fieldsOf({ type: 'start', match: id, mode, bestOf: 5, player0, player1, at }))
      for (let round = 1; round <= ROUNDS; round += 1) {
        const winner = round % 2 ? '' : '0'
        batch.xadd(
          key,
          '*',
          ...fieldsOf({ type: 'round', match: id, round, move0: 'rock', move1: winner ? 'scissors' : 'rock', winner, reason: 'moves', at }),
        )
      }
      batch.xadd(
        key,
        '*',
        ...fieldsOf({ type: 'end', match: id, mode, player0, player1, score0: 3, score1: 0, winner: '0', reason: 'score', at }),
      )
    }
    await batch.exec()
  }
}
