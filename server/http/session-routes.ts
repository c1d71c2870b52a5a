import express, { Router, type Request, type RequestHandler } from 'express'
import type { LoginReply, MeReply, PublicPlayer, SessionReply } from '../../client-sdk/src/protocol.ts'
import { AVATAR_HASH, type Avatars } from '../auth/avatars.ts'
import type { Players } from '../auth/players.ts'
import type { Sessions } from '../auth/sessions.ts'
import type { Wechat } from '../auth/wechat.ts'
import { CatalogueError, asCatalogueError } from '../errors.ts'
import type { Limiter } from '../limits.ts'
import type { Metrics } from '../metrics.ts'
import { authenticate, sessionIdOf } from './authenticate.ts'
import { limitCaller } from './limits.ts'
import { parse } from './parse.ts'
import { AVATAR_BYTES, loginSchema, profileChangeSchema } from './schemas.ts'

export interface SessionRoutesOptions {
  wechat: Wechat
  sessions: Sessions
  players: Players
  avatars: Avatars
  limiter: Limiter
  loginPerMinute: number
  metrics: Metrics
  /** Tells the player's own sockets about his changed record. */
  playerChanged(player: PublicPlayer): void
  /** Closes the sockets of a player who logged out. */
  loggedOut(playerId: string): Promise<void>
}

/** A profile with a picture in it: in JSON like everything else, as WeChat gives files in base64. */
const picture = express.json({ limit: Math.ceil(AVATAR_BYTES / 3) * 4 + 2048 })

/** The login state: the header `sessionid` stands for the person on every request. */
export function sessionRoutes(options: SessionRoutesOptions): Router {
  const { wechat, sessions, players, avatars, limiter, metrics } = options
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
    limitCaller(limiter, 'session', player.id)
    response.json({ player, expiresAt: session.expiresAt } satisfies SessionReply)
  })

  router.delete('/api/session', async (request, response) => {
    const playerId = await sessions.end(sessionIdOf(request))
    if (playerId !== null) await options.loggedOut(playerId)
    response.status(204).end()
  })

  /** Answers where everybody finds it. */
  async function keepAvatar(request: Request, player: string, text: string): Promise<string> {
    limitCaller(limiter, 'avatar', player)
    const hash = await avatars.save(player, Buffer.from(text, 'base64'))
    return `${request.protocol}://${request.host}/api/avatars/${player}/${hash}`
  }

  /** Who asks is known before a picture is read: nobody without a session has one unpacked. */
  const whoAsks: RequestHandler = async (request, response, next) => {
    response.locals['player'] = (await authenticate(request, options)).player
    next()
  }

  const changeMe: RequestHandler = async (request, response) => {
    const player = response.locals['player'] as PublicPlayer
    const { avatar, ...profile } = parse(profileChangeSchema, request.body)
    limitCaller(limiter, 'profile', player.id)
    if (avatar !== undefined) profile.avatarUrl = await keepAvatar(request, player.id, avatar)
    const changed = await players.update(player.id, profile)
    options.playerChanged(changed)
    response.json({ player: changed } satisfies MeReply)
  }
  router.patch('/api/me', whoAsks, picture, changeMe)
  // wx.request knows no PATCH.
  router.put('/api/me', whoAsks, picture, changeMe)

  router.get('/api/avatars/:player/:hash', async (request, response) => {
    const { player, hash } = request.params
    const found = AVATAR_HASH.test(hash) ? await avatars.read(player, hash) : null
    if (!found) throw new CatalogueError('not_found')
    response.set({
      'content-type': found.type,
      // Its name changes with it.
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'",
    })
    response.end(found.image)
  })

  return router
}
