import type { Metrics } from '../metrics.ts'
import type { RedisClient } from '../redis/connect.ts'
import { writesWhenFull } from '../redis/writes-when-full.ts'
import type { Profile, PublicPlayer } from '../../../client-sdk/src/protocol.ts'
import type { Database } from '../database.ts'
import { CatalogueError } from '../errors.ts'
import { newPlayerId } from '../ids.ts'
import { outageOf } from '../outages.ts'
import { playerKey } from '../keys.ts'
import { defaultName, type NameLanguage } from './default-name.ts'
import { createOpenids } from './openids.ts'

/** Players: MySQL is the truth, Redis keeps the public part of each, so that play does not need MySQL. */
export interface Players {
  /**
   * The player of an openid, created at the first login, or restored if MySQL has lost them. Needs MySQL. @param language that of the name
   * for a new player who brings none
   */
  login(openid: string, profile: Profile, language?: NameLanguage): Promise<PublicPlayer>
  /** Needs MySQL. */
  update(id: string, profile: Profile): Promise<PublicPlayer>
  /** From Redis; from MySQL if Redis does not have the player. */
  get(id: string): Promise<PublicPlayer | null>
  /** As `get`, for many at once. Unknown players are not in the result. */
  getMany(ids: Iterable<string>): Promise<Map<string, PublicPlayer>>
  /** What MySQL holds, in the order of the ids. */
  read(ids: string[]): Promise<PublicPlayer[]>
  /**
   * Copies what MySQL held a moment ago to where it is read from: the cache, and what `also` writes. Then it checks whether MySQL still
   * holds it, and copies again what has changed: of writers that race, stalled ones included, the last one finds out that it was late.
   * Returns the current records.
   */
  publish(players: PublicPlayer[], options?: PublishOptions): Promise<PublicPlayer[]>
}

export interface PublishOptions {
  also?(players: PublicPlayer[]): Promise<void>
  /** Which records to cache: all, unless only those that are in the cache already are to be renewed. */
  cache?: 'all' | 'present'
}

const PUBLIC = { id: true, nickname: true, avatarUrl: true, rating: true, wins: true, losses: true, draws: true, deletedAt: true } as const
/** Prisma's code for an update that found nothing. */
const NOT_FOUND = 'P2025'

/** The public part of a row. */
export function publicRecord({
  id,
  nickname,
  avatarUrl,
  rating,
  wins,
  losses,
  draws,
  deletedAt,
}: Omit<PublicPlayer, 'deleted'> & { deletedAt: Date | null }): PublicPlayer {
  return { id, nickname, avatarUrl, rating, wins, losses, draws, ...(deletedAt !== null && { deleted: true as const }) }
}

/** The openid of a player whom Redis knows and MySQL has lost, until their next login. */
export const unknownOpenid = (id: string): string => `lost:${id}`
/** How often statements of a login are repeated if MySQL rolls them back because of a deadlock. */
const ROW_ATTEMPTS = 5
/** What other players read in place of such a player's nickname. */
export const UNKNOWN_NICKNAME = '?'

const CACHE_MS = 31 * 86_400_000

/** Only the fields that a profile names are written: undefined would mean the same to Prisma, but null would not. */
const changesOf = ({ nickname, avatarUrl }: Profile): Profile => ({
  ...(nickname === undefined ? {} : { nickname }),
  ...(avatarUrl === undefined ? {} : { avatarUrl }),
})

const FIELDS = ['id', 'nickname', 'avatarUrl', 'rating', 'wins', 'losses', 'draws', 'deleted'] as const satisfies (keyof PublicPlayer)[]
const isSame = (one: PublicPlayer, two: PublicPlayer | undefined): boolean => FIELDS.every((field) => one[field] === two?.[field])

export function createPlayers(redis: RedisClient, database: Database, metrics: Pick<Metrics, 'scriptSeconds'> | null = null): Players {
  const whenFull = writesWhenFull(redis, metrics)
  const openids = createOpenids(redis)
  const cache = (players: PublicPlayer[], when: 'all' | 'present'): Promise<void> =>
    whenFull.set(
      players.map((player) => ({ key: playerKey(player.id), text: JSON.stringify(player) })),
      CACHE_MS,
      when,
    )

  /** A record that was read because none was cached: if another node has cached one meanwhile, that one is newer. */
  async function fill(players: PublicPlayer[]): Promise<void> {
    await Promise.all(players.map((player) => redis.set(playerKey(player.id), JSON.stringify(player), 'PX', CACHE_MS, 'NX')))
  }

  async function read(ids: string[]): Promise<PublicPlayer[]> {
    if (ids.length === 0) return []
    const rows = await database.player.findMany({ where: { id: { in: ids } }, select: PUBLIC, orderBy: { id: 'asc' } })
    return rows.map(publicRecord)
  }

  async function publish(players: PublicPlayer[], { also, cache: when = 'all' }: PublishOptions = {}): Promise<PublicPlayer[]> {
    const latest = new Map<string, PublicPlayer>()
    const ids = players.map(({ id }) => id)
    for (let changed = players; changed.length > 0;) {
      await cache(changed, when)
      await also?.(changed)
      for (const player of changed) latest.set(player.id, player)
      changed = (await read(ids)).filter((player) => !isSame(player, latest.get(player.id)))
    }
    return [...latest.values()]
  }

  async function published(player: PublicPlayer): Promise<PublicPlayer> {
    return (await publish([player]))[0] ?? player
  }

  async function getMany(ids: Iterable<string>): Promise<Map<string, PublicPlayer>> {
    const wanted = [...new Set(ids)]
    const texts = await Promise.all(wanted.map((id) => redis.batchedGet(playerKey(id))))
    const found = new Map<string, PublicPlayer>()
    for (const text of texts) {
      if (text === null) continue
      const player = JSON.parse(text) as PublicPlayer
      found.set(player.id, player)
    }
    const missing = await read(wanted.filter((id) => !found.has(id)))
    await fill(missing)
    for (const player of missing) found.set(player.id, player)
    return found
  }

  /** If a person logs in on two phones at once, one request inserts the player; Prisma's upsert would fail for the other. */
  async function insert(id: string, openid: string, language: NameLanguage): Promise<boolean> {
    const { count } = await database.player.createMany({
      data: [{ id, openid, nickname: defaultName(id, language), avatarUrl: '' }],
      skipDuplicates: true,
    })
    return count === 1
  }

  /**
   * MySQL was restored from a backup older than the player: they get their id again, with the row that the recorder has made
   * for it, if it did. The row of another person, or of a deleted player, stays as it is.
   * @returns whether the openid has that row now; false also if another node was faster
   */
  async function bringBack(id: string, openid: string, language: NameLanguage): Promise<boolean> {
    // In this order: a row that the recorder makes in between is taken over by the second step.
    if (await insert(id, openid, language)) return true
    // IGNORE: the openid may have got a row meanwhile, and keeps it.
    const taken = await database.$executeRaw`
      UPDATE IGNORE Player SET openid = ${openid}, nickname = IF(nickname = ${UNKNOWN_NICKNAME}, ${defaultName(id, language)}, nickname)
      WHERE id = ${id} AND openid = ${unknownOpenid(id)}`
    return taken === 1
  }

  /**
   * Simultaneous logins of one person, and the recorder's insert, may lock one another out: MySQL then rolls one of the statements back.
   */
  async function ensureRow(openid: string, language: NameLanguage): Promise<void> {
    const last = await openids.lastPlayer(openid)
    for (let attempt = 1; ; attempt += 1) {
      try {
        if (last === null || !(await bringBack(last, openid, language))) await insert(newPlayerId(), openid, language)
        return
      } catch (error) {
        if (attempt === ROW_ATTEMPTS || outageOf(error)?.reason !== 'deadlock') throw error
      }
    }
  }

  return {
    getMany,
    read,
    publish,
    async login(openid, profile, language = 'zh') {
      const changes = changesOf(profile)
      const row = await database.player.findUnique({ where: { openid }, select: PUBLIC })
      const known = row && publicRecord(row)
      if (known && Object.keys(changes).length === 0) {
        await fill([known])
        return known
      }
      if (!known) await ensureRow(openid, language)
      const player = await database.player.update({ where: { openid }, data: changes, select: PUBLIC })
      return published(publicRecord(player))
    },
    async update(id, profile) {
      try {
        return await published(
          publicRecord(await database.player.update({ where: { id, deletedAt: null }, data: changesOf(profile), select: PUBLIC })),
        )
      } catch (error) {
        // Deleted while the request was in progress.
        if (error instanceof Error && 'code' in error && error.code === NOT_FOUND) throw new CatalogueError('session_expired')
        throw error
      }
    },
    get: async (id) => (await getMany([id])).get(id) ?? null,
  }
}
