import { Router } from 'express'
import type { Metrics } from '../metrics.ts'

export interface HealthRoutesOptions {
  metrics: Metrics
  /** Null if this node can take players, else the reason. */
  unready(): string | null
  /** Troubles that do not keep players out but that an operator wants to know. */
  degraded?(): string[]
  /** Updates gauges that are read from elsewhere. */
  refresh(): Promise<void>
}

/** A scrape waits no longer than this for values that are read from elsewhere, ms: metrics matter most during an outage. */
const REFRESH_MS = 600

/** For load balancers and Prometheus; nginx does not pass `/metrics` on. */
export function healthRoutes({ metrics, unready, degraded = () => [], refresh }: HealthRoutesOptions): Router {
  const router = Router()
  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' })
  })
  router.get('/readyz', (_request, response) => {
    const reason = unready()
    const trouble = degraded()
    if (reason === null) response.json({ status: 'ready', ...(trouble.length > 0 && { degraded: trouble }) })
    else response.status(503).json({ error: { code: reason === 'draining' ? 'draining' : 'unavailable', message: reason } })
  })

  /** At most one at a time: requests that hang would pile up with every scrape. */
  let underway: Promise<boolean> | null = null
  async function refreshed(): Promise<boolean> {
    underway ??= refresh()
      .then(
        () => true,
        () => false,
      )
      .finally(() => (underway = null))
    const { promise: late, resolve } = Promise.withResolvers<boolean>()
    const timer = setTimeout(() => resolve(false), REFRESH_MS)
    const done = await Promise.race([underway, late])
    clearTimeout(timer)
    return done
  }

  router.get('/metrics', async (_request, response) => {
    metrics.stale.set(Number(!(await refreshed())))
    response.type(metrics.registry.contentType).send(await metrics.registry.metrics())
  })
  return router
}
