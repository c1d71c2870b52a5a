import { z } from 'zod'
import type { AnyGame } from '../../games/rules.ts'
import { EMOTES, FIND_MODES, ROOM_CODE_ALPHABET, ROOM_CODE_LENGTH, type Nothing } from '../../client-sdk/src/protocol.ts'
import { MATCH_ID } from '../ids.ts'

const matchId = z.string().regex(MATCH_ID, 'is not a match id')
const ROOM_CODE = new RegExp(`^[${ROOM_CODE_ALPHABET}]{${ROOM_CODE_LENGTH}}$`)
/** People type codes: spaces around them and lower case are no error. */
const code = z
  .string()
  .max(16)
  .transform((text) => text.trim().toUpperCase())
  .refine((text) => ROOM_CODE.test(text), 'is not a room code')

/** Payload of commands that carry none: absent, null or {}. */
export const nothing = z
  .union([z.undefined(), z.null(), z.strictObject({})])
  .transform((): Nothing => ({}))
export const roomJoinRequest = z.strictObject({ code })
export const foregroundRequest = z.strictObject({ foreground: z.boolean() })
export const matchRequest = z.strictObject({ matchId })
export const watchRequest = z.union([z.strictObject({ matchId }), z.strictObject({ code })])
export const emoteRequest = z.strictObject({ matchId, emote: z.enum(EMOTES) })

/** Payloads that depend on the game: its options, its values of `bestOf`, its moves. */
export function gameRequests(game: AnyGame) {
  const bestOf = z.literal([...game.bestOf]).optional()
  return {
    find: z.strictObject({ mode: z.enum(FIND_MODES), bestOf, ...game.options.shape }),
    roomCreate: z.strictObject({ bestOf, ...game.options.shape }),
    move: z.strictObject({ matchId, round: z.int().min(1).max(1000), move: game.move }),
  }
}
