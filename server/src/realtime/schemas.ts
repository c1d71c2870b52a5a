import { z } from 'zod'
import type { AnyGame } from '../../../games/rules.ts'
import { EMOTES, FIND_MODES, ROOM_CODE_ALPHABET, ROOM_CODE_LENGTH, type Nothing } from '../../../client-sdk/src/protocol.ts'
import { MATCH_ID } from '../ids.ts'

const matchId = z.string().regex(MATCH_ID, 'is not a match id')
const MAX_ROUND = 1000
const MOVE_FIELDS = ['matchId', 'round', 'move']
const ROOM_CODE = new RegExp(`^[${ROOM_CODE_ALPHABET}]{${ROOM_CODE_LENGTH}}$`)
/** People type codes: surrounding spaces and lower case are no error. */
const code = z
  .string()
  .max(16)
  .transform((text) => text.trim().toUpperCase())
  .refine((text) => ROOM_CODE.test(text), 'is not a room code')

/** The payload of commands that carry none: absent, null or {}. */
export const nothing = z.union([z.undefined(), z.null(), z.strictObject({})]).transform((): Nothing => ({}))
export const roomJoinRequest = z.strictObject({ code })
export const foregroundRequest = z.strictObject({ foreground: z.boolean() })
export const matchRequest = z.strictObject({ matchId })
export const watchRequest = z.union([z.strictObject({ matchId }), z.strictObject({ code })])
export const emoteRequest = z.strictObject({ matchId, emote: z.enum(EMOTES) })

/** Payloads that depend on the game: its options, its values of `bestOf`, its moves. */
export function gameRequests(game: AnyGame) {
  const bestOf = z.literal([...game.bestOf]).optional()
  const { isMove } = game
  return {
    find: z.strictObject({ mode: z.enum(FIND_MODES), bestOf, ...game.options.shape }),
    roomCreate: z.strictObject({ bestOf, ...game.options.shape }),
    move: z.strictObject({ matchId, round: z.int().min(1).max(MAX_ROUND), move: game.move }),
    /**
     * What `move` accepts and leaves as it is, checked without zod: two of three requests are moves. Absent if the game has no such check.
     */
    isMove:
      isMove &&
      ((value: unknown): boolean => {
        if (
          typeof value !== 'object' ||
          value === null ||
          Object.keys(value).length !== MOVE_FIELDS.length ||
          !MOVE_FIELDS.every((name) => Object.hasOwn(value, name))
        )
          return false
        const { matchId: match, round, move } = value as Record<string, unknown>
        return (
          typeof match === 'string' &&
          MATCH_ID.test(match) &&
          Number.isInteger(round) &&
          (round as number) >= 1 &&
          (round as number) <= MAX_ROUND &&
          isMove(move)
        )
      }),
  }
}
