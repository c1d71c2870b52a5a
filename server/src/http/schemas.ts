import { z } from 'zod'
import type { LoginRequest, ProfileChange } from '../../../client-sdk/src/protocol.ts'
import { readNickname } from '../players/nickname.ts'
import { decodeCursor, NEWEST, type HistoryCursor } from '../recorder/history-cursor.ts'

const nickname = z.string().transform((text, context): string => {
  const read = readNickname(text)
  if (read.ok) return read.nickname
  context.addIssue({ code: 'custom', message: read.why })
  return z.NEVER
})

/** Whether an address may be kept depends on the player: session-routes.ts checks it. */
const profile = z.strictObject({ nickname: nickname.optional(), avatarUrl: z.string().optional() })

/** The largest picture, bytes. An avatar from a phone has about 20 KB. */
export const AVATAR_BYTES = 262_144

export const profileChangeSchema = profile.extend({
  avatar: z
    .base64('must be a picture in base64')
    .min(1)
    .max(Math.ceil(AVATAR_BYTES / 3) * 4)
    .optional(),
}) as z.ZodType<ProfileChange>

/** Parts of a profile that cannot be kept are left out: nobody is kept out because of their name in WeChat. */
const profileAtLogin = z.strictObject({
  nickname: z
    .string()
    .transform((text) => {
      const read = readNickname(text)
      return read.ok ? read.nickname : undefined
    })
    .optional(),
  avatarUrl: z.string().optional(),
})

export const loginSchema = z.strictObject({
  code: z.string().min(1).max(256),
  profile: profileAtLogin.optional(),
}) as z.ZodType<LoginRequest>

/** Where WeChat names the player, the code is not needed. */
export const vouchedLoginSchema = z.strictObject({
  code: z.string().max(256).optional(),
  profile: profileAtLogin.optional(),
}) as z.ZodType<Pick<LoginRequest, 'profile'>>

/** A number in a query: digits and nothing else. */
const whole = (max: number, fallback: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(1).max(max))
    .default(fallback)

export const leaderboardSchema = z.strictObject({
  period: z.enum(['all', 'week']).default('all'),
  limit: whole(100, 20),
})

const place = z
  .string()
  .max(100)
  .transform((text, context): HistoryCursor => {
    const decoded = decodeCursor(text)
    if (decoded) return decoded
    context.addIssue({ code: 'custom', message: 'must be a `next` of this server' })
    return z.NEVER
  })

export const historySchema = z.strictObject({
  limit: whole(50, 20),
  before: place.default(NEWEST),
})
