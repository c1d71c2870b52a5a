import { unknownOpenid } from '../players/players.ts'
import type { Database } from '../database.ts'

/**
 * Deleted players, in MySQL. The first step removes what identifies a player and notes that the rest is to be done. The note stays until
 * the rest was done twice, so that neither the death of a node nor a request in progress leaves anything behind.
 */
export interface Erasures {
  /** Removes openid, nickname and picture. From now on, a login of the same person makes a new player. Repeating it changes nothing. */
  begin(playerId: string, nickname: string): Promise<void>
  /** Leases at most `limit` players for whom something is left to be done, each for `AGAIN_MS`. */
  lease(limit: number): Promise<Erasure[]>
  /** The rest was done; once it was done often enough, the note is removed. */
  done(erasure: Erasure): Promise<void>
}

export interface Erasure {
  playerId: string
  /** How often it was leased, this time included. */
  passes: number
}

/** The node that received the request does the rest at once; after this long another node checks whether anything is left, ms. */
const FIRST_MS = 3000
/** Longer than a handshake, a login or a profile change that saw the player before can take, ms. */
const AGAIN_MS = 30_000
const PASSES = 2

export function createErasures(database: Database, { firstMs = FIRST_MS, againMs = AGAIN_MS } = {}): Erasures {
  return {
    async begin(playerId, nickname) {
      await database.$transaction(async (tx) => {
        // The player first, as everywhere: one order of locks.
        const known = await tx.$queryRaw<unknown[]>`SELECT id FROM Player WHERE id = ${playerId} FOR UPDATE`
        // A player whom MySQL has lost (an old backup) is deleted too: no round that is recorded later brings them back.
        if (known.length === 0)
          await tx.player.createMany({
            data: [{ id: playerId, openid: unknownOpenid(playerId), nickname, avatarUrl: '' }],
            skipDuplicates: true,
          })
        const gone = { openid: `deleted:${playerId}`, nickname, avatarUrl: '', deletedAt: new Date() }
        const { count } = await tx.player.updateMany({ where: { id: playerId, deletedAt: null }, data: gone })
        if (count === 0) return
        await tx.avatar.deleteMany({ where: { playerId } })
        await tx.contentCheck.deleteMany({ where: { playerId } })
        await tx.erasure.create({ data: { playerId, dueAt: new Date(Date.now() + firstMs) } })
      })
    },
    async lease(limit) {
      const due = await database.erasure.findMany({ where: { dueAt: { lte: new Date() } }, orderBy: { dueAt: 'asc' }, take: limit })
      const leased: Erasure[] = []
      for (const { playerId, passes } of due) {
        const next = { passes: passes + 1, dueAt: new Date(Date.now() + againMs) }
        const { count } = await database.erasure.updateMany({ where: { playerId, passes }, data: next })
        if (count === 1) leased.push({ playerId, passes: passes + 1 })
      }
      return leased
    },
    async done({ playerId, passes }) {
      // What a request stored while the player was being deleted.
      await database.avatar.deleteMany({ where: { playerId } })
      await database.contentCheck.deleteMany({ where: { playerId } })
      if (passes >= PASSES) await database.erasure.deleteMany({ where: { playerId, passes } })
    },
  }
}
