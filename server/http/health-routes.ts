import { Router } from 'express'
import type { Metrics } from '../metrics.ts'

export interface HealthRoutesOptions {
  metrics: Metrics
  /** Null when this node can take players, else why it cannot. */
  unready(): string | null
  /** Brings gauges that are read from elsewhere up to date. */
  refresh(): Promise<void>
}

/** For load balancers and Prometheus; nginx does not pass `/metrics` on. */
export function healthRoutes({ metrics, unready, refresh }: HealthRoutesOptions): Router {
  const router = Router()
  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' })
  })
  router.get('/readyz', (_request, response) => {
    const reason = unready()
    if (reason === null) response.json({ status: 'ready' })
    else response.status(503).json({ error: { code: reason === 'draining' ? 'draining' : 'unavailable', message: reason } })
  })
  router.get('/metrics', async (_request, response) => {
    await refresh()
    response.type(metrics.registry.contentType).send(await metrics.registry.metrics())
  })
  return router
}
