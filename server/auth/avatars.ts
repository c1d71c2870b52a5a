import { createHash } from 'node:crypto'
import type { Database } from '../database.ts'
import { CatalogueError } from '../errors.ts'

/** Pictures that players chose on their phones, where nobody else can open them. They are in MySQL: small, and seldom asked for. */
export interface Avatars {
  /**
   * Replaces the player's picture. Answers what names it; the same picture has the same name.
   * @throws CatalogueError bad_request for what is no JPEG, PNG or WebP
   */
  save(player: string, image: Uint8Array<ArrayBuffer>): Promise<string>
  /** Null where the player has no picture of this name, any more. */
  read(player: string, hash: string): Promise<{ type: string; image: Uint8Array } | null>
}

export const AVATAR_HASH = /^[0-9a-f]{32}$/

export function createAvatars(database: Database): Avatars {
  return {
    async save(playerId, image) {
      const type = typeOf(image)
      if (type === null) throw new CatalogueError('bad_request', { message: 'image: must be a JPEG, PNG or WebP' })
      const hash = createHash('sha256').update(image).digest('hex').slice(0, 32)
      const row = { hash, type, image }
      await database.avatar.upsert({ where: { playerId }, create: { playerId, ...row }, update: row })
      return hash
    },
    async read(playerId, hash) {
      return database.avatar.findUnique({ where: { playerId, hash }, select: { type: true, image: true } })
    },
  }
}

/** By how it begins, not by what somebody calls it: it is served to others under this type. */
function typeOf(image: Uint8Array): string | null {
  const starts = (...bytes: number[]): boolean => bytes.every((byte, at) => image[at] === byte)
  const text = (from: number, to: number): string => Buffer.from(image.subarray(from, to)).toString('latin1')
  if (starts(0xff, 0xd8, 0xff)) return 'image/jpeg'
  if (starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'image/png'
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WEBP') return 'image/webp'
  return null
}
