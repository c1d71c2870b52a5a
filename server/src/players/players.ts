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

/**
 * Players: MySQL is the truth, Redis keeps the public part of each, so that play needs no MySQL.
 */
export interface Players {
  /** The player of an openid, made at the first login, or brought back if MySQL has lost them. Needs MySQL. @param language of the name that a new player gets who brings none */
  login(openid: string, profile: Profile, language?: NameLanguage): Promise<PublicPlayer>
  /** Needs MySQL. */
  update(id: string, profile: Profile): Promise<PublicPlayer>
  /** From Redis; from MySQL where Redis does not have him. */
  get(id: string): Promise<PublicPlayer | null>
  /** As `get`, for many at once. Who is unknown is not in the answer. */
  getMany(ids: Iterable<string>): Promise<Map<string, PublicPlayer>>
  /** What MySQL holds, in the order of their ids. */
  read(ids: string[]): Promise<PublicPlayer[]>
  /**
   * Copies what MySQL held a moment ago to where it is read from: the cache, and what `also` writes. Then it looks
   * whether MySQL holds it still, and copies again what does not: of writers that race, also a stalled
   * one, whoever writes last finds out that he was late. Answers the records as they are now.
   */
  publish(players: PublicPlayer[], options?: PublishOptions): Promise<PublicPlayer[]>
}

export interface PublishOptions {
  also?(players: PublicPlayer[]): Promise<void>
  /** Which records to cache: all, unless only those that the cache has already are to be renewed. */
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
/** Statements of a login that MySQL takes back because of a deadlock are repeated so often. */
const ROW_ATTEMPTS = 5
/** What others read where the nickname of such a player was. */
export const UNKNOWN_NICKNAME = '?'

const CACHE_MS = 31 * 86_400_000

/** Only what a profile names is written: undefined would be the same to Prisma, but null would not. */
const changesOf = ({ nickname, avatarUrl }: Profile): Profile => ({
  ...(nickname === undefined ? {} : { nickname }),
  ...(avatarUrl === undefined ? {} : { avatarUrl }),
})

const FIELDS = ['id', 'nickname', 'avatarUrl', 'rating', 'wins', 'losses', 'draws', 'deleted'] as const satisfies (keyof PublicPlayer)[]
const isSame = (one: PublicPlayer, two: PublicPlayer | undefined): boolean => FIELDS.every((field) => one[field] === two?.[field])

export function createPlayers(redis: RedisClient, database: Database, metrics: Pick<Metrics, 'scriptSeconds'> | null = null): Players {
  const whenFull = writesWhenFull(redis, metrics)
  const openids = createOpenids(redis)
  // One key a command, since the keys of different players live in different slots; ioredis sends them together.
  async function cache(players: PublicPlayer[], when: 'all' | 'present'): Promise<void> {
    await Promise.all(players.map((player) => whenFull.set(playerKey(player.id), JSON.stringify(player), CACHE_MS, when)))
  }

  /** A record read for want of a cached one: whoever cached one meanwhile knew better. */
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

  /** A person who logs in on two phones at once is inserted by one of them; Prisma's upsert would fail for the other. */
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

  /** Logins of one person at once, and the recorder's insert, may lock one another out: MySQL then takes one of the statements back whole. */
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
        // Deleted while the request was under way.
        if (error instanceof Error && 'code' in error && error.code === NOT_FOUND) throw new CatalogueError('session_expired')
        throw error
      }
    },
    get: async (id) => (await getMany([id])).get(id) ?? null,
  }
}
