import { createHash } from 'node:crypto'
import type { Database } from '../database.ts'
import { PICTURE_TYPE, type Pictures } from './pictures.ts'

/** Pictures that players chose on their phones, where nobody else can open them. They are in MySQL: small, and seldom asked for. */
export interface Avatars {
  /**
   * Replaces the player's picture by a new drawing of this one. Returns what names it; the same picture has the same name.
   * @throws CatalogueError as Pictures.redraw
   */
  save(player: string, image: Uint8Array): Promise<string>
  /** Null when the player has no picture of this name, any more. */
  read(player: string, hash: string): Promise<{ type: string; image: Uint8Array } | null>
}

export const AVATAR_HASH = /^[0-9a-f]{32}$/

export function createAvatars(database: Database, pictures: Pictures): Avatars {
  return {
    async save(playerId, given) {
      const image = new Uint8Array(await pictures.redraw(given))
      const hash = createHash('sha256').update(image).digest('hex').slice(0, 32)
      const row = { hash, type: PICTURE_TYPE, image }
      await database.avatar.upsert({ where: { playerId }, create: { playerId, ...row }, update: row })
      return hash
    },
    async read(playerId, hash) {
      return database.avatar.findUnique({ where: { playerId, hash }, select: { type: true, image: true } })
    },
  }
}
