import type { RedisClient } from '../redis/connect.ts'
import type { Config } from '../config.ts'
import { newSessionId, SESSION_ID } from '../ids.ts'
import { sessionKey } from '../keys.ts'

export interface Session {
  playerId: string
  /** When the session ends unless it is used before, epoch ms. */
  expiresAt: number
}

/**
 * Login state. The client keeps a random id; Redis keeps the rest under its SHA-256, so a reader of Redis cannot take a session over. Every
 * use extends the expiry, up to a maximum age.
 */
export interface Sessions {
  create(playerId: string, wechatSessionKey: string): Promise<{ sessionId: string; expiresAt: number }>
  /** Null if there is no such session any more. */
  use(sessionId: string): Promise<Session | null>
  /**
   * As `use`, for a connection, which needs a Redis that takes writes: a full Redis still extends an expiry, and would refuse the first
   * thing that the connection does.
   */
  connect(sessionId: string): Promise<Session | null>
  end(sessionId: string): Promise<string | null>
  /** The player is deleted: of the session only its owner is kept, so that they may ask for the deletion again. */
  retire(sessionId: string): Promise<void>
}

export function createSessions(redis: RedisClient, config: Pick<Config, 'SESSION_IDLE_MS' | 'SESSION_MAX_MS'>): Sessions {
  const expiryOf = (createdAt: number): number => Math.min(Date.now() + config.SESSION_IDLE_MS, createdAt + config.SESSION_MAX_MS)

  async function find(sessionId: string): Promise<{ key: string; playerId: string; expiresAt: number } | null> {
    if (!SESSION_ID.test(sessionId)) return null
    const key = sessionKey(sessionId)
    const [playerId, createdAt] = await redis.hmget(key, 'playerId', 'createdAt')
    return playerId && createdAt ? { key, playerId, expiresAt: expiryOf(Number(createdAt)) } : null
  }

  return {
    async create(playerId, wechatSessionKey) {
      const sessionId = newSessionId()
      const createdAt = Date.now()
      const expiresAt = expiryOf(createdAt)
      const key = sessionKey(sessionId)
      const replies = await redis.multi().hset(key, { playerId, createdAt, sessionKey: wechatSessionKey }).pexpireat(key, expiresAt).exec()
      for (const [error] of replies ?? []) if (error) throw error
      return { sessionId, expiresAt }
    },
    async use(sessionId) {
      const found = await find(sessionId)
      if (!found || (await redis.pexpireat(found.key, found.expiresAt)) === 0) return null
      return { playerId: found.playerId, expiresAt: found.expiresAt }
    },
    async connect(sessionId) {
      const found = await find(sessionId)
      if (!found) return null
      const { key, playerId, expiresAt } = found
      // Together: a session that ended meanwhile must not come back without an expiry.
      const replies = await redis.multi().hset(key, { connectedAt: Date.now() }).pexpireat(key, expiresAt).exec()
      for (const [error] of replies ?? []) if (error) throw error
      return { playerId, expiresAt }
    },
    async end(sessionId) {
      if (!SESSION_ID.test(sessionId)) return null
      const key = sessionKey(sessionId)
      const playerId = await redis.hget(key, 'playerId')
      return (await redis.del(key)) === 0 ? null : playerId
    },
    async retire(sessionId) {
      await redis.hdel(sessionKey(sessionId), 'sessionKey')
    },
  }
}
