import { Router } from 'express'
import type { OnlineReply } from '../../../client-sdk/src/protocol.ts'

/** How much is going on, for everybody. */
export function onlineRoutes({ numbers }: { numbers(): Promise<OnlineReply> }): Router {
  const router = Router()
  router.get('/api/online', async (_request, response) => {
    response.json((await numbers()) satisfies OnlineReply)
  })
  return router
}
