import { Router } from 'express'
import type { OnlineReply } from '../../../client-sdk/src/protocol.ts'

/** How many players and matches there are now, for everybody. */
export function onlineRoutes({ numbers }: { numbers(): Promise<OnlineReply> }): Router {
  const router = Router()
  router.get('/api/online', async (_request, response) => {
    response.json((await numbers()) satisfies OnlineReply)
  })
  return router
}
