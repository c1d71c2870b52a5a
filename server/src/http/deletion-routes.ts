import { Router } from 'express'
import type { Eraser } from '../erasure/eraser.ts'
import { CatalogueError } from '../errors.ts'
import type { Limiter } from '../limits.ts'
import { sessionIdOf, type Authentication } from './authenticate.ts'
import { languageOf } from './language.ts'
import { limitCaller } from './limits.ts'

export interface DeletionRoutesOptions extends Authentication {
  eraser: Pick<Eraser, 'erase'>
  limiter: Limiter
}

/** What other players read in place of a deleted player's nickname. */
const NICKNAMES = { zh: '已注销的玩家', en: 'Deleted player' } as const

/**
 * `DELETE /api/me`: 204 once the player is deleted, however often it is requested; from then on the session of the caller is good for
 * nothing else.
 */
export function deletionRoutes({ sessions, players, eraser, limiter }: DeletionRoutesOptions): Router {
  const router = Router()
  router.delete('/api/me', async (request, response) => {
    const sessionId = sessionIdOf(request)
    const session = await sessions.use(sessionId)
    // Also for a deleted player: a client that got no reply asks again.
    const player = session ? await players.get(session.playerId) : null
    if (!player) throw new CatalogueError('session_expired')
    limitCaller(limiter, 'profile', player.id)
    await eraser.erase(player.id, NICKNAMES[languageOf(request)])
    await sessions.retire(sessionId)
    response.status(204).end()
  })
  return router
}
