import { Router } from 'express'
import type { Limiter } from '../limits.ts'
import type { WaitingNotices } from '../notices/waiting-notices.ts'
import { authenticate, type Authentication } from './authenticate.ts'
import { limitCaller } from './limits.ts'

/** `PUT /api/me/consent`: the player has agreed to one message, to be sent if a friend waits for them. */
export function noticeRoutes(options: Authentication & { notices: Pick<WaitingNotices, 'consent'>; limiter: Limiter }): Router {
  const router = Router()
  router.put('/api/me/consent', async (request, response) => {
    const { player } = await authenticate(request, options)
    limitCaller(options.limiter, 'profile', player.id)
    await options.notices.consent(player.id)
    response.status(204).end()
  })
  return router
}
