import express, { Router, type RequestHandler } from 'express'
import type { LoginReply, MeReply, OwnPlayer, Profile, PublicPlayer, SessionReply } from '../../../client-sdk/src/protocol.ts'
import { readAvatarUrl } from '../players/avatar-url.ts'
import { AVATAR_HASH, type Avatars, type DrawnPicture } from '../players/avatars.ts'
import { vouchedOpenid } from '../players/cloud-hosting.ts'
import type { Openids } from '../players/openids.ts'
import type { Players } from '../players/players.ts'
import type { Sessions } from '../players/sessions.ts'
import type { Wechat } from '../players/wechat.ts'
import { CatalogueError, asCatalogueError } from '../errors.ts'
import type { Limiter } from '../limits.ts'
import type { Metrics } from '../metrics.ts'
import type { Profiles } from '../moderation/profiles.ts'
import { authenticate, sessionIdOf } from './authenticate.ts'
import { languageOf } from './language.ts'
import { limitCaller } from './limits.ts'
import { parse } from './parse.ts'
import { AVATAR_BYTES, loginSchema, profileChangeSchema, vouchedLoginSchema } from './schemas.ts'

export interface SessionRoutesOptions {
  wechat: Wechat
  /** Whether WeChat's gateway of cloud hosting names the player who logs in. */
  wechatCloud: boolean
  sessions: Sessions
  openids: Pick<Openids, 'remember'>
  players: Players
  profiles: Profiles
  avatars: Avatars
  /** Where clients reach this service, from the configuration: a request may claim anything. Null if it is not configured. */
  publicUrl: string | null
  limiter: Limiter
  loginPerMinute: number
  metrics: Metrics
  /** Sends the player's own sockets their changed record. */
  playerChanged(player: OwnPlayer): void
  /** Closes the sockets of a player who logged out. */
  loggedOut(playerId: string): Promise<void>
}

/** A profile with a picture in it: in JSON like everything else, as WeChat gives files in base64. */
const picture = express.json({ limit: Math.ceil(AVATAR_BYTES / 3) * 4 + 2048 })

/** The picture's address that a login brings, if it may be kept. */
function atLogin(avatarUrl: string | undefined): Profile {
  const kept = avatarUrl === undefined ? null : readAvatarUrl(avatarUrl, NO_PICTURES)
  return kept === null ? { avatarUrl: undefined } : { avatarUrl: kept }
}
/** The player is not known before the login: their own pictures are in their record already. */
const NO_PICTURES = '\0'

/** The login state: the header `sessionid` identifies the player on every request. */
export function sessionRoutes(options: SessionRoutesOptions): Router {
  const { wechat, sessions, openids, profiles, avatars, limiter, metrics } = options
  const loginRate = { perSecond: options.loginPerMinute / 60, burst: options.loginPerMinute }
  const router = Router()

  router.post('/api/login', async (request, response) => {
    try {
      const vouched = options.wechatCloud ? vouchedOpenid(request.headers) : null
      // Behind the gateway many players share an address, and each is known.
      const waitMs = limiter.take(`login ${vouched ?? request.ip}`, loginRate)
      if (waitMs > 0) throw new CatalogueError('rate_limited', { retryAfterMs: waitMs })
      const { code, profile = {} } =
        vouched === null ? parse(loginSchema, request.body) : { code: '', ...parse(vouchedLoginSchema, request.body ?? {}) }
      const { openid, sessionKey } = vouched === null ? await wechat.code2session(code) : { openid: vouched, sessionKey: '' }
      const player = await profiles.login(openid, { ...profile, ...atLogin(profile.avatarUrl) }, languageOf(request))
      // Together: they cost one round trip.
      const [{ sessionId, expiresAt }] = await Promise.all([sessions.create(player.id, sessionKey), openids.remember(openid, player.id)])
      metrics.logins.inc({ outcome: 'ok' })
      response.json({ sessionId, expiresAt, player } satisfies LoginReply)
    } catch (error) {
      metrics.logins.inc({ outcome: asCatalogueError(error).code })
      throw error
    }
  })

  router.get('/api/session', async (request, response) => {
    const { player, session } = await authenticate(request, options)
    limitCaller(limiter, 'session', player.id)
    response.json({ player: await profiles.own(player), expiresAt: session.expiresAt } satisfies SessionReply)
  })

  router.delete('/api/session', async (request, response) => {
    const playerId = await sessions.end(sessionIdOf(request))
    if (playerId !== null) await options.loggedOut(playerId)
    response.status(204).end()
  })

  /** Where the pictures of a player are; the name of the picture follows. */
  const ownPictures = (player: string): string => `${options.publicUrl ?? ''}/api/avatars/${player}/`

  async function drawAvatar(player: string, text: string): Promise<DrawnPicture> {
    if (options.publicUrl === null) throw new CatalogueError('bad_request', { message: 'avatar: this service keeps no pictures' })
    limitCaller(limiter, 'avatar', player)
    return avatars.draw(Buffer.from(text, 'base64'))
  }

  /** The caller is known before a picture is read: without a session none is decoded. */
  const whoAsks: RequestHandler = async (request, response, next) => {
    response.locals['player'] = (await authenticate(request, options)).player
    next()
  }

  const changeMe: RequestHandler = async (request, response) => {
    const player = response.locals['player'] as PublicPlayer
    const { avatar, ...profile } = parse(profileChangeSchema, request.body)
    limitCaller(limiter, 'profile', player.id)
    if (profile.avatarUrl !== undefined) {
      const kept = readAvatarUrl(profile.avatarUrl, ownPictures(player.id))
      if (kept === null) throw new CatalogueError('bad_request', { message: "avatarUrl: must be an address of WeChat's, or empty" })
      profile.avatarUrl = kept
    }
    const picture = avatar === undefined ? null : await drawAvatar(player.id, avatar)
    if (picture) profile.avatarUrl = `${ownPictures(player.id)}${picture.hash}`
    const changed = await profiles.change(player, profile, picture)
    options.playerChanged(changed)
    response.json({ player: changed } satisfies MeReply)
  }
  router.patch('/api/me', whoAsks, picture, changeMe)
  // wx.request has no PATCH.
  router.put('/api/me', whoAsks, picture, changeMe)

  router.get('/api/avatars/:player/:hash', async (request, response) => {
    const { player, hash } = request.params
    const found = AVATAR_HASH.test(hash) ? await avatars.read(player, hash) : null
    if (!found) throw new CatalogueError('not_found')
    response.set({
      'content-type': found.type,
      // The name changes with the picture.
      'cache-control': found.final ? 'public, max-age=31536000, immutable' : 'private, no-store',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'",
    })
    response.end(found.image)
  })

  return router
}
