/** Rebuilds the leaderboards from MySQL, after a loss of Redis or whenever they are in doubt. Play goes on meanwhile. */
import '../check-node.mjs'
import { randomUUID } from 'node:crypto'
import type { PublicPlayer } from '../../../client-sdk/src/protocol.ts'
import { createPlayers, type Players } from '../players/players.ts'
import { readRedisSettings } from '../config.ts'
import { createDatabase, type Database } from '../database.ts'
import { BOT } from '../match/bot.ts'
import { rankDraftKey, rankKey } from '../keys.ts'
import { connectRedis, whenReady, type RedisClient } from '../redis/connect.ts'
import { safeMessage } from '../safe-error.ts'
import { ALL_TIME, openWeeks, weekExpiresAt } from './leaderboard.ts'
import { isoWeek, WEEK_MS } from './week.ts'

export interface RebuildOptions {
  redis: RedisClient
  database: Database
  /** Rows that one query reads; 1000. */
  pageSize?: number
  log?: (line: string) => void
}

/** The players of a board, a page at a time, as MySQL has them when the page is read. */
type Members = () => AsyncGenerator<PublicPlayer[]>

interface Board {
  name: string
  members: Members
  /** Epoch ms; null for never. */
  expiresAt: number | null
}

const scoresOf = (records: PublicPlayer[]): (string | number)[] =>
  records.flatMap(({ id, rating, deleted }) => (deleted ? [] : [rating, id]))

/** A draft that nobody completes expires after this, ms. */
const DRAFT_MS = 3_600_000
const PROGRESS_MS = 2000

/** Returns how many players are on each board. */
export async function rebuild({ redis, database, pageSize = 1000, log = () => {} }: RebuildOptions): Promise<Map<string, number>> {
  const players = createPlayers(redis, database)
  const boards: Board[] = [
    { name: ALL_TIME, members: () => ratedPlayers(database, pageSize), expiresAt: null },
    ...openWeeks(Date.now()).map((start) => ({
      name: isoWeek(start),
      members: () => playersOfWeek(database, players, start, pageSize),
      expiresAt: weekExpiresAt(start),
    })),
  ]
  const sizes = new Map<string, number>()
  for (const board of boards) {
    await build(redis, board, log)
    const late = await correct(redis, players, board, log)
    const size = await redis.zcard(rankKey(board.name))
    sizes.set(board.name, size)
    log(`${board.name}: ${size} players${late ? `, ${late} corrected that played meanwhile` : ''}`)
  }
  return sizes
}

/** Writes the board beside the one in use and then replaces it, so that nobody sees half a board. */
async function build(redis: RedisClient, { name, members, expiresAt }: Board, log: (line: string) => void): Promise<void> {
  const draft = rankDraftKey(name, randomUUID())
  const report = every(PROGRESS_MS, log)
  let read = 0
  for await (const page of members()) {
    const scores = scoresOf(page)
    if (scores.length) await redis.zadd(draft, ...scores)
    await redis.pexpire(draft, DRAFT_MS)
    read += page.length
    report(`${name}: ${read} read`)
  }
  if ((await redis.exists(draft)) === 0) {
    await redis.del(rankKey(name))
    return
  }
  const step = redis.multi()
  if (expiresAt === null) step.persist(draft)
  else step.pexpireat(draft, expiresAt)
  for (const [error] of (await step.rename(draft, rankKey(name)).exec()) ?? []) if (error) throw error
}

/**
 * What recorders wrote between the reading of a page and the change of boards was lost with the old board. From now on they write to the
 * new one, so reading all players once more finds everything that is missing. Cached records are renewed on the way: a Redis that was
 * restored from a backup has old ones.
 */
async function correct(
  redis: RedisClient,
  players: Players,
  { name, members, expiresAt }: Board,
  log: (line: string) => void,
): Promise<number> {
  const report = every(PROGRESS_MS, log)
  let [read, late] = [0, 0]
  for await (const page of members()) {
    await players.publish(page, {
      cache: 'present',
      async also(records) {
        const scores = scoresOf(records)
        if (scores.length) late += await redis.zadd(rankKey(name), 'CH', ...scores)
        if (expiresAt !== null) await redis.pexpireat(rankKey(name), expiresAt)
      },
    })
    read += page.length
    report(`${name}: ${read} checked`)
  }
  return late
}

async function* ratedPlayers(database: Database, take: number): AsyncGenerator<PublicPlayer[]> {
  const select = { id: true, nickname: true, avatarUrl: true, rating: true, wins: true, losses: true, draws: true } as const
  for (let after = ''; ;) {
    const page = await database.player.findMany({
      where: { id: { gt: after }, ratedCount: { gt: 0 }, deletedAt: null },
      orderBy: { id: 'asc' },
      take,
      select,
    })
    yield page
    const last = page.at(-1)
    if (!last || page.length < take) return
    after = last.id
  }
}

interface Played {
  id: string
  endedAt: Date
  player0Id: string
  player1Id: string
}

/** Reads on from the last match, along the index by mode and end; each player once. */
async function* playersOfWeek(database: Database, players: Players, start: number, take: number): AsyncGenerator<PublicPlayer[]> {
  const end = new Date(start + WEEK_MS)
  const seen = new Set<string>()
  for (let [from, after] = [new Date(start), '']; ;) {
    const page = await database.$queryRaw<Played[]>`
      SELECT id, endedAt, player0Id, player1Id FROM \`Match\` FORCE INDEX (Match_mode_endedAt_idx)
      WHERE mode = 'ranked' AND endedAt >= ${from} AND endedAt < ${end} AND (endedAt > ${from} OR id > ${after})
      ORDER BY endedAt, id LIMIT ${take}`
    const people = page.map(({ player0Id, player1Id }) => [player0Id, player1Id]).filter((ids) => !ids.includes(BOT.id))
    const fresh = [...new Set(people.flat())].filter((id) => !seen.has(id))
    for (const id of fresh) seen.add(id)
    yield await players.read(fresh)
    const last = page.at(-1)
    if (!last || page.length < take) return
    ;[from, after] = [last.endedAt, last.id]
  }
}

/** Passes a line on if the last one was `ms` ago. */
function every(ms: number, log: (line: string) => void): (line: string) => void {
  let next = performance.now() + ms
  return (line) => {
    if (performance.now() < next) return
    next = performance.now() + ms
    log(line)
  }
}

const HELP = `Usage: REDIS_URL=redis://host:6379 DATABASE_URL=mysql://user:password@host:3306/database npm run leaderboard:rebuild

Rebuilds the leaderboards in Redis from MySQL: of all time, of this ISO week and of the one before.
Needed after Redis lost its data; harmless at any time, also while the servers run. REDIS_CLUSTER and REDIS_CA are
read as the servers read them.
`

async function main(): Promise<number> {
  if (process.argv.includes('--help') || process.argv.includes('-h')) {
    process.stdout.write(HELP)
    return 0
  }
  const { REDIS_URL: redisUrl, DATABASE_URL: databaseUrl } = process.env
  if (!redisUrl || !databaseUrl) {
    process.stderr.write(`${redisUrl ? 'DATABASE_URL' : 'REDIS_URL'} is not set.\n\n${HELP}`)
    return 1
  }
  const redis = connectRedis(readRedisSettings(process.env), 'leaderboard-rebuild')
  // Reported once, by the promise that rejects.
  redis.on('error', () => undefined)
  const database = createDatabase({ DATABASE_URL: databaseUrl, DATABASE_CONNECTIONS: 2 })
  try {
    await whenReady(redis)
    await rebuild({ redis, database, log: (line) => void process.stdout.write(`${line}\n`) })
    return 0
  } catch (error) {
    process.stderr.write(`The leaderboards could not be rebuilt: ${safeMessage(error)}\n`)
    return 1
  } finally {
    redis.disconnect()
    await database.$disconnect()
  }
}

if (import.meta.main) process.exitCode = await main()
