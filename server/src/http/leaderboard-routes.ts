import { Router } from 'express'
import type { LeaderboardReply } from '../../../client-sdk/src/protocol.ts'
import type { Limiter } from '../limits.ts'
import type { Leaderboard } from '../recorder/leaderboard.ts'
import { authenticate, sessionIdOf, type Authentication } from './authenticate.ts'
import { limitCaller } from './limits.ts'
import { parse } from './parse.ts'
import { leaderboardSchema } from './schemas.ts'

/**
 * Anybody may read the leaderboard. A caller who sends a session id also wants their own rank: a dead session is refused, so that the
 * client logs in again instead of finding no rank.
 */
export function leaderboardRoutes(options: Authentication & { leaderboard: Leaderboard; limiter: Limiter }): Router {
  const router = Router()
  router.get('/api/leaderboard', async (request, response) => {
    const { period, limit } = parse(leaderboardSchema, request.query)
    const caller = sessionIdOf(request) === '' ? null : await authenticate(request, options)
    limitCaller(options.limiter, 'leaderboard', caller?.player.id ?? `${request.ip}`)
    response.json((await options.leaderboard.read(period, limit, caller?.player.id ?? null)) satisfies LeaderboardReply)
  })
  return router
}
