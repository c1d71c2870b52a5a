import { createHash } from 'node:crypto'
import type { Database } from '../database.ts'
import { PICTURE_TYPE, type Pictures } from './pictures.ts'

/** A redrawn picture, with the name under which it is found. */
export interface DrawnPicture {
  hash: string
  type: string
  image: Uint8Array<ArrayBuffer>
}

/** Pictures that players chose on their phones, which nobody else can open there. They are in MySQL: small, and rarely read. */
export interface Avatars {
  /**
   * Redraws a picture; the same picture gets the same name.
   * @throws CatalogueError as Pictures.redraw
   */
  draw(image: Uint8Array): Promise<DrawnPicture>
  /** Replaces the player's picture by this one. */
  save(player: string, picture: DrawnPicture): Promise<void>
  /**
   * Null if the player has no picture of this name, or not any more.
   * @returns `final`: whether clients may cache it; a picture that is still to be checked may not be cached
   */
  read(player: string, hash: string): Promise<{ type: string; image: Uint8Array; final: boolean } | null>
}

export const AVATAR_HASH = /^[0-9a-f]{32}$/

export function createAvatars(database: Database, pictures: Pictures): Avatars {
  return {
    async draw(given) {
      const image = new Uint8Array(await pictures.redraw(given))
      return { hash: createHash('sha256').update(image).digest('hex').slice(0, 32), type: PICTURE_TYPE, image }
    },
    async save(playerId, picture) {
      await database.avatar.upsert({ where: { playerId }, create: { playerId, ...picture }, update: picture })
    },
    async read(playerId, hash) {
      const shown = await database.avatar.findUnique({ where: { playerId, hash }, select: { type: true, image: true } })
      if (shown) return { ...shown, final: true }
      // Its owner and WeChat know its address; nobody can guess its name.
      const pending = await database.contentCheck.findFirst({
        where: { playerId, kind: 'avatar', hash, state: 'pending' },
        select: { image: true },
      })
      return pending?.image ? { type: PICTURE_TYPE, image: pending.image, final: false } : null
    },
  }
}
