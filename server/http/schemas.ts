import { z } from 'zod'
import type { LoginRequest, ProfileChange } from '../../client-sdk/src/protocol.ts'
import { decodePlace, NEWEST, type HistoryPlace } from '../recorder/history-cursor.ts'

const avatarUrl = z
  .string()
  .max(512)
  .refine((value) => value === '' || (URL.canParse(value) && ['https:', 'http:'].includes(new URL(value).protocol)), 'must be an http or https address')

const profile = z.strictObject({
  // Counted in characters as people see them, not in bytes; control characters would break lists.
  nickname: z
    .string()
    .trim()
    .min(1)
    .max(32)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not hold control characters')
    .optional(),
  avatarUrl: avatarUrl.optional(),
})

/** The largest picture. What a phone gives for an avatar has some 20 KB. */
export const AVATAR_BYTES = 262_144

export const profileChangeSchema = profile.extend({
  avatar: z
    .base64('must be a picture in base64')
    .min(1)
    .max(Math.ceil(AVATAR_BYTES / 3) * 4)
    .optional(),
}) as z.ZodType<ProfileChange>

export const loginSchema = z.strictObject({
  code: z.string().min(1).max(256),
  profile: profile.optional(),
}) as z.ZodType<LoginRequest>

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
  .transform((text, context): HistoryPlace => {
    const decoded = decodePlace(text)
    if (decoded) return decoded
    context.addIssue({ code: 'custom', message: 'must be a `next` of this server' })
    return z.NEVER
  })

export const historySchema = z.strictObject({
  limit: whole(50, 20),
  before: place.default(NEWEST),
})
