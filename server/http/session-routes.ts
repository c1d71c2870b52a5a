import { Router, type RequestHandler } from 'express'
import type { LoginReply, MeReply, PublicPlayer, SessionReply } from '../../client-sdk/src/protocol.ts'
import type { Players } from '../auth/players.ts'
import type { Sessions } from '../auth/sessions.ts'
import type { Wechat } from '../auth/wechat.ts'
import { CatalogueError, asCatalogueError } from '../errors.ts'
import type { Limiter } from '../limits.ts'
import type { Metrics } from '../metrics.ts'
import { authenticate, sessionIdOf } from './authenticate.ts'
import { parse } from './parse.ts'
import { loginSchema, profileSchema } from './schemas.ts'

export interface SessionRoutesOptions {
  wechat: Wechat
  sessions: Sessions
  players: Players
  limiter: Limiter
  loginPerMinute: number
  metrics: Metrics
  /** Tells the player's own sockets about his changed record. */
  playerChanged(player: PublicPlayer): void
  /** Closes the sockets of a player who logged out. */
  loggedOut(playerId: string): Promise<void>
}

/** The login state: the header `sessionid` stands for the person on every request. */
export function sessionRoutes(options: SessionRoutesOptions): Router {
  const { wechat, sessions, players, limiter, metrics } = options
  const loginRate = { perSecond: options.loginPerMinute / 60, burst: options.loginPerMinute }
  const router = Router()

  router.post('/api/login', async (request, response) => {
    try {
      const waitMs = limiter.take(`login ${request.ip}`, loginRate)
      if (waitMs > 0) throw new CatalogueError('rate_limited', { retryAfterMs: waitMs })
      const { code, profile = {} } = parse(loginSchema, request.body)
      const { openid, sessionKey } = await wechat.code2session(code)
      const player = await players.login(openid, profile)
      const { sessionId, expiresAt } = await sessions.create(player.id, sessionKey)
      metrics.logins.inc({ outcome: 'ok' })
      response.json({ sessionId, expiresAt, player } satisfies LoginReply)
    } catch (fault) {
      metrics.logins.inc({ outcome: asCatalogueError(fault).code })
      throw fault
    }
  })

  router.get('/api/session', async (request, response) => {
    const { player, session } = await authenticate(request, options)
    response.json({ player, expiresAt: session.expiresAt } satisfies SessionReply)
  })

  router.delete('/api/session', async (request, response) => {
    const playerId = await sessions.end(sessionIdOf(request))
    if (playerId !== null) await options.loggedOut(playerId)
    response.status(204).end()
  })

  const changeMe: RequestHandler = async (request, response) => {
    const { player } = await authenticate(request, options)
    const changed = await players.update(player.id, parse(profileSchema, request.body))
    options.playerChanged(changed)
    response.json({ player: changed } satisfies MeReply)
  }
  router.patch('/api/me', changeMe)
  // wx.request knows no PATCH.
  router.put('/api/me', changeMe)

  return router
}
