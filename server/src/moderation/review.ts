import type { OwnPlayer, PublicPlayer } from '../../../client-sdk/src/protocol.ts'
import { playerReviewKey } from '../keys.ts'
import type { RedisClient } from '../redis/connect.ts'
import type { ContentChecks, ReviewRow } from './content-checks.ts'

/**
 * What players alone see of their own records. Redis keeps it beside the public part, so that neither play nor a read of one's own profile
 * needs MySQL.
 */
export interface Reviews {
  own(player: PublicPlayer): Promise<OwnPlayer>
  /** Copies what MySQL holds to Redis, and checks whether MySQL still holds it: of writers that race, the last one finds out. */
  publish(playerId: string): Promise<void>
}

/** Kept as long as the public part; a login renews it. */
const KEEP_MS = 31 * 86_400_000

type Shown = Pick<OwnPlayer, 'review'> & { nickname?: string; avatarUrl?: string }

/** Null if there is nothing to show. */
export function shownOf(rows: ReviewRow[]): Shown | null {
  const shown: Shown = {}
  for (const { kind, state, value } of rows) {
    if (state === 'accepted') continue
    shown.review = { ...shown.review, [kind]: state }
    if (state === 'pending') shown[kind === 'nickname' ? 'nickname' : 'avatarUrl'] = value
  }
  return shown.review ? shown : null
}

/** A record as its player sees it: from Redis alone, so that recorders can publish it too. */
export async function ownRecord(redis: RedisClient, player: PublicPlayer): Promise<OwnPlayer> {
  const text = await redis.batchedGet(playerReviewKey(player.id))
  return text ? { ...player, ...(JSON.parse(text) as Shown) } : player
}

export function createReviews(redis: RedisClient, checks: Pick<ContentChecks, 'of'>): Reviews {
  const read = async (id: string): Promise<string> => {
    const shown = shownOf((await checks.of(id)).sort((one, two) => one.kind.localeCompare(two.kind)))
    return shown ? JSON.stringify(shown) : ''
  }
  return {
    own: (player) => ownRecord(redis, player),
    async publish(playerId) {
      const key = playerReviewKey(playerId)
      for (let written: string | null = null, text = await read(playerId); written !== text; text = await read(playerId)) {
        if (text === '') await redis.del(key)
        else await redis.set(key, text, 'PX', KEEP_MS)
        written = text
      }
    },
  }
}
