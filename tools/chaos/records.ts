/** What is stored when all is quiet: every row in MySQL, and what Redis keeps of it. */
import { createConnection } from 'mariadb'
import { Redis } from 'ioredis'
import type { PublicPlayer, RoundView } from '../../client-sdk/src/protocol.ts'
import { connectionOptions } from '../../prisma/connection.ts'
import { dueKey, matchPrefix, outboxKey, pairsKey, playerKey, ticketsKey } from '../../server/src/keys.ts'

export interface PlayerRow extends PublicPlayer {
  ratedCount: number
}
export interface MatchRow {
  id: string
  mode: string
  bestOf: number
  player0Id: string
  player1Id: string
  score0: number
  score1: number
  winner: 0 | 1 | null
  reason: string | null
  startedAt: Date
  endedAt: Date | null
}
export interface RoundRow {
  matchId: string
  round: number
  /** What both seats played; JSON. */
  moves: unknown
  winner: 0 | 1 | null
  reason: RoundView['reason']
  resolvedAt: Date
}
/** MySQL returns JSON as a value, MariaDB as a text. */
export const movesOf = ({ moves }: Pick<RoundRow, 'moves'>): [unknown, unknown] =>
  (typeof moves === 'string' ? JSON.parse(moves) : moves) as [unknown, unknown]

export interface RatingRow {
  matchId: string
  before0: number
  before1: number
  delta0: number
}

export interface Records {
  players: PlayerRow[]
  matches: MatchRow[]
  rounds: RoundRow[]
  /** In the order in which they were applied. */
  ratings: RatingRow[]
  /** Leaderboards by name: players and ratings, best first. */
  boards: Record<string, [player: string, rating: number][]>
  /** Records of players that Redis keeps. */
  cached: PublicPlayer[]
}

export async function readRecords(mysqlUrl: string, redisUrl: string): Promise<Records> {
  const connection = await createConnection({ ...connectionOptions(mysqlUrl), timezone: 'Z' })
  const redis = new Redis(redisUrl)
  try {
    const players: PlayerRow[] = await connection.query(
      'SELECT id, nickname, avatarUrl, rating, ratedCount, wins, losses, draws FROM Player ORDER BY id',
    )
    return {
      players,
      matches: await connection.query('SELECT * FROM `Match` ORDER BY startedAt, id'),
      rounds: await connection.query('SELECT * FROM Round ORDER BY matchId, round'),
      ratings: await connection.query('SELECT matchId, before0, before1, delta0 FROM RatingChange ORDER BY seq'),
      boards: await readBoards(redis),
      cached: await readCached(redis, players),
    }
  } finally {
    redis.disconnect()
    await connection.end()
  }
}

async function readBoards(redis: Redis): Promise<Records['boards']> {
  const boards: Records['boards'] = {}
  for (const key of await redis.keys('cq:rank:*')) {
    const flat = await redis.zrevrange(key, 0, -1, 'WITHSCORES')
    boards[key.slice('cq:rank:'.length)] = Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i] ?? '', Number(flat[2 * i + 1])])
  }
  return boards
}

async function readCached(redis: Redis, players: PlayerRow[]): Promise<PublicPlayer[]> {
  const texts = await Promise.all(players.map(({ id }) => redis.get(playerKey(id))))
  return texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as PublicPlayer]))
}

/** What still has to happen. */
export interface Pending {
  /** Matches that have not ended. */
  open: string[]
  /** Events that are not in MySQL. */
  backlog: number
  /** What a sweep will still do: deadlines, rematches and pairs in the making. */
  due: number
  /** Players in a queue. */
  tickets: number
}

const MODES = ['ranked', 'casual'] as const

/** Reads Redis; rejects while it is away. */
export async function readPending(redisUrl: string, shards: number): Promise<Pending> {
  const redis = new Redis(redisUrl, {
    maxRetriesPerRequest: 0,
    lazyConnect: true,
    connectTimeout: 1000,
    commandTimeout: 5000,
    retryStrategy: null,
  })
  redis.on('error', () => undefined)
  const sum = async (counts: Promise<number>[]): Promise<number> => (await Promise.all(counts)).reduce((total, count) => total + count, 0)
  const all = Array.from({ length: shards }, (_, shard) => shard)
  try {
    await redis.connect()
    const keys = (await Promise.all(all.map((shard) => redis.keys(`${matchPrefix(shard)}*`)))).flat()
    const states = await Promise.all(keys.map((key) => redis.hget(key, 'status')))
    return {
      open: keys.filter((_, index) => states[index] !== 'finished' && states[index] !== null),
      backlog: await sum(all.map((shard) => redis.xlen(outboxKey(shard)))),
      due: (await sum(all.map((shard) => redis.zcard(dueKey(shard))))) + (await sum(MODES.map((mode) => redis.hlen(pairsKey(mode))))),
      tickets: await sum(MODES.map((mode) => redis.hlen(ticketsKey(mode)))),
    }
  } finally {
    redis.disconnect()
  }
}

/** Matches whose beginning MySQL has recorded and whose end it has not. */
export async function unended(mysqlUrl: string): Promise<string[]> {
  const connection = await createConnection({ ...connectionOptions(mysqlUrl), connectTimeout: 2000 })
  try {
    const rows: { id: string }[] = await connection.query('SELECT id FROM `Match` WHERE endedAt IS NULL')
    return rows.map(({ id }) => id)
  } finally {
    await connection.end()
  }
}
