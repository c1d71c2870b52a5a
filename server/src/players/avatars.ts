import { createHash } from 'node:crypto'
import type { Database } from '../database.ts'
import { PICTURE_TYPE, type Pictures } from './pictures.ts'

/** A picture that was drawn again, with the name under which it is found. */
export interface DrawnPicture {
  hash: string
  type: string
  image: Uint8Array<ArrayBuffer>
}

/** Pictures that players chose on their phones, where nobody else can open them. They are in MySQL: small, and seldom asked for. */
export interface Avatars {
  /**
   * Draws a picture again; the same one gets the same name.
   * @throws CatalogueError as Pictures.redraw
   */
  draw(image: Uint8Array): Promise<DrawnPicture>
  /** Replaces the player's picture by this one. */
  save(player: string, picture: DrawnPicture): Promise<void>
  /**
   * Null when the player has no picture of this name, any more.
   * @returns `final`: whether it may be kept by whoever asks; one that is still to be checked may not
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
      // Its owner and WeChat are told where it is; nobody can guess its name.
      const pending = await database.contentCheck.findFirst({
        where: { playerId, kind: 'avatar', hash, state: 'pending' },
        select: { image: true },
      })
      return pending?.image ? { type: PICTURE_TYPE, image: pending.image, final: false } : null
    },
  }
}
