import { Router } from 'express'
import { z } from 'zod'
import { NGINX_HEADER, type NginxDrain } from '../realtime/nginx-drain.ts'
import { parse } from './parse.ts'

/** A host name, which is how nginx names itself. */
const nginxName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/)
const windowSchema = z.object({ seconds: z.coerce.number().int().min(1).max(3600) })

/**
 * What an nginx requests before it stops, and after it has reloaded. It cannot be reached from outside: nginx closes these paths as it does
 * /metrics (nginx/shared/server.conf), and sends its own requests from a port of its own (nginx/shared/probes.conf).
 */
export function nginxDrainRoutes({ move }: Pick<NginxDrain, 'move'>): Router {
  const router = Router()
  for (const [path, only] of [
    ['/nginx/leave', 'all'],
    ['/nginx/reloaded', 'accepted'],
  ] as const) {
    router.post(path, async (request, response) => {
      const nginx = parse(nginxName, request.get(NGINX_HEADER))
      const { seconds } = parse(windowSchema, request.query)
      await move(nginx, seconds * 1000, only)
      response.status(202).json({})
    })
  }
  return router
}
