import { Router, type Request } from 'express'
import type { HeadToHeadReply, MatchesReply, MatchReply, PublicPlayer } from '../../../client-sdk/src/protocol.ts'
import { CatalogueError } from '../errors.ts'
import { MATCH_ID, PLAYER_ID } from '../ids.ts'
import type { Limiter } from '../limits.ts'
import type { History } from '../recorder/history.ts'
import { authenticate, type Authentication } from './authenticate.ts'
import { limitCaller } from './limits.ts'
import { parse } from './parse.ts'
import { historySchema } from './schemas.ts'

export interface HistoryRoutesOptions extends Authentication {
  history: History
  limiter: Limiter
}

/** Recorded matches. A result is public: any logged-in player may read a match whose id they know. */
export function historyRoutes(options: HistoryRoutesOptions): Router {
  const { history, limiter } = options
  const router = Router()

  async function reader(request: Request): Promise<PublicPlayer> {
    const { player } = await authenticate(request, options)
    limitCaller(limiter, 'history', player.id)
    return player
  }

  router.get('/api/matches', async (request, response) => {
    const { id } = await reader(request)
    const { limit, before } = parse(historySchema, request.query)
    response.json((await history.matches(id, limit, before)) satisfies MatchesReply)
  })

  router.get('/api/matches/:id', async (request, response) => {
    await reader(request)
    const { id } = request.params
    const found = MATCH_ID.test(id) ? await history.match(id) : null
    if (!found) throw new CatalogueError('not_found')
    response.json(found satisfies MatchReply<unknown>)
  })

  router.get('/api/head-to-head/:player', async (request, response) => {
    const { id } = await reader(request)
    const opponent = request.params.player
    if (!PLAYER_ID.test(opponent)) throw new CatalogueError('not_found')
    response.json((await history.headToHead(id, opponent)) satisfies HeadToHeadReply)
  })

  return router
}
