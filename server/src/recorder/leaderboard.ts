import type { Metrics } from '../metrics.ts'
import type { RedisClient } from '../redis/connect.ts'
import { writesWhenFull } from '../redis/writes-when-full.ts'
import type { LeaderboardEntry, LeaderboardReply, PublicPlayer } from '../../../client-sdk/src/protocol.ts'
import type { Players } from '../players/players.ts'
import { BOT } from '../match/bot.ts'
import { rankKey } from '../keys.ts'
import type { EndEvent } from './events.ts'
import { isoWeek, WEEK_MS, weekStart } from './week.ts'

export type Period = 'all' | 'week'

/**
 * Players who have played a ranked match, by rating: one board for all time and one for each ISO week in which one of their matches ended.
 * The rating is the current one, also on the board of the week before; boards of older weeks stay as they are and expire. Equal ratings are
 * in the order of their ids, newest first. MySQL is the truth; see `rebuild.ts`.
 */
export interface Leaderboard {
  /**
   * Brings the cached records and the boards in line with MySQL after these matches. Repeating it, late or at the same time as another
   * node, does no harm. Returns the records.
   * @param known what MySQL held a moment ago, if it is at hand
   */
  update(ends: EndEvent[], known?: PublicPlayer[]): Promise<PublicPlayer[]>
  /** Removes a deleted player from every board. */
  remove(player: string): Promise<void>
  /** The best `limit` players, and the rank of this player if they are on the board. */
  read(period: Period, limit: number, player: string | null): Promise<LeaderboardReply>
}

export const ALL_TIME = 'all'

/** The boards of weeks that still matter: this one, and the one before for matches that are recorded late. */
export const openWeeks = (now: number): number[] => [weekStart(now), weekStart(now) - WEEK_MS]

/** Weeks whose boards still exist. */
const KEPT_WEEKS = 6

/** When the board of the week that began at `start` expires, epoch ms. */
export const weekExpiresAt = (start: number): number => start + 5 * WEEK_MS

const withoutBot = ({ players }: EndEvent): boolean => !players.includes(BOT.id)

export function createLeaderboard(
  redis: RedisClient,
  players: Players,
  metrics: Pick<Metrics, 'scriptSeconds'> | null = null,
): Leaderboard {
  const whenFull = writesWhenFull(redis, metrics)

  /** Puts players on a board, or moves those that are on it. */
  async function place(board: string, records: PublicPlayer[], who: 'all' | 'present', expiresAt: number | null = null): Promise<void> {
    if (records.length === 0) return
    await whenFull.score(
      rankKey(board),
      records.map(({ id, rating }) => ({ member: id, score: rating })),
      who,
      expiresAt,
    )
  }

  async function remove(player: string): Promise<void> {
    const weeks = Array.from({ length: KEPT_WEEKS }, (_, ago) => isoWeek(Date.now() - ago * WEEK_MS))
    await Promise.all([ALL_TIME, ...weeks].map((board) => redis.zrem(rankKey(board), player)))
  }

  async function placeAll(ranked: EndEvent[], changed: PublicPlayer[]): Promise<void> {
    // A match may be recorded after a player of it was deleted, or by a recorder that is late.
    await Promise.all(changed.filter(({ deleted }) => deleted).map(({ id }) => remove(id)))
    const records = changed.filter(({ deleted }) => !deleted)
    const rated = new Set(ranked.flatMap((event) => event.players))
    const present = records.filter(({ id }) => rated.has(id))
    const weeks = [...Map.groupBy(ranked, ({ at }) => weekStart(at))].map(([start, events]) => {
      const ids = new Set(events.flatMap((event) => event.players))
      return place(
        isoWeek(start),
        present.filter(({ id }) => ids.has(id)),
        'all',
        weekExpiresAt(start),
      )
    })
    const moved = openWeeks(Date.now()).map((start) => place(isoWeek(start), present, 'present'))
    await Promise.all([place(ALL_TIME, present, 'all'), ...weeks, ...moved])
  }

  return {
    remove,
    async update(ends, known) {
      const counted = ends.filter(withoutBot)
      const ids = new Set(counted.flatMap((event) => event.players))
      const records = known ? known.filter(({ id }) => ids.has(id)) : await players.read([...ids])
      const ranked = counted.filter(({ mode }) => mode === 'ranked')
      return players.publish(records, { also: (changed) => placeAll(ranked, changed) })
    },
    async read(period, limit, player) {
      const key = rankKey(period === 'all' ? ALL_TIME : isoWeek(Date.now()))
      const [ids, rank] = await Promise.all([redis.zrevrange(key, 0, limit - 1), player === null ? null : redis.zrevrank(key, player)])
      const records = await players.getMany(player === null || rank === null ? ids : [...ids, player])
      const entry = (id: string, index: number): LeaderboardEntry[] => {
        const record = records.get(id)
        return record && !record.deleted ? [{ rank: index + 1, player: record }] : []
      }
      const [me] = player === null || rank === null ? [] : entry(player, rank)
      return { entries: ids.flatMap(entry), ...(me ? { me } : {}) }
    },
  }
}
