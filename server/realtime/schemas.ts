import { z } from 'zod'
import { BEST_OF, EMOTES, FIND_MODES, MOVES, ROOM_CODE_ALPHABET, ROOM_CODE_LENGTH, type Nothing } from '../../client-sdk/src/protocol.ts'
import { MATCH_ID } from '../ids.ts'

const bestOf = z.literal([...BEST_OF])
const matchId = z.string().regex(MATCH_ID, 'is not a match id')
const ROOM_CODE = new RegExp(`^[${ROOM_CODE_ALPHABET}]{${ROOM_CODE_LENGTH}}$`)
/** People type codes: spaces around and lower case are no fault. */
const code = z
  .string()
  .max(16)
  .transform((text) => text.trim().toUpperCase())
  .refine((text) => ROOM_CODE.test(text), 'is not a room code')

/** Payload of commands that carry none: absent, null or {}. */
export const nothing = z
  .union([z.undefined(), z.null(), z.strictObject({})])
  .transform((): Nothing => ({}))
export const findRequest = z.strictObject({ mode: z.enum(FIND_MODES), bestOf: bestOf.optional() })
export const roomCreateRequest = z.strictObject({ bestOf: bestOf.optional() })
export const roomJoinRequest = z.strictObject({ code })
export const moveRequest = z.strictObject({ matchId, round: z.int().min(1).max(1000), move: z.enum(MOVES) })
export const matchRequest = z.strictObject({ matchId })
export const watchRequest = z.union([z.strictObject({ matchId }), z.strictObject({ code })])
export const emoteRequest = z.strictObject({ matchId, emote: z.enum(EMOTES) })
