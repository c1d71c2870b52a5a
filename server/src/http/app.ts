import { randomUUID } from 'node:crypto'
import express, { type ErrorRequestHandler, type Express, type RequestHandler, type Router } from 'express'
import type { HttpErrorBody } from '../../../client-sdk/src/protocol.ts'
import { CatalogueError, asCatalogueError, httpStatusOf } from '../errors.ts'
import type { Log } from '../log.ts'

export interface AppOptions {
  routers: Router[]
  trustProxy: string
  log: Log
  /** Called with every error that a request ends in. */
  failed?(error: unknown): void
  /** Runs before every request below /api, and before its body is read. */
  admit?: RequestHandler
}

const BODY_LIMIT = '16kb'
/** These routes read their body themselves, with a limit of their own. */
const OWN_BODY = new Set(['/api/me', '/api/wechat/push'])
const REQUEST_ID = /^[\w-]{8,64}$/

/** The HTTP side: JSON in, JSON out; every failure is an error of the catalogue. */
export function createApp({ routers, trustProxy, log, admit, failed }: AppOptions): Express {
  const app = express()
  app.disable('x-powered-by')
  app.set('trust proxy', trustProxy)
  app.set('query parser', 'simple')

  app.use((request, response, next) => {
    const given = request.get('x-request-id') ?? ''
    const id = REQUEST_ID.test(given) ? given : randomUUID()
    response.locals['requestId'] = id
    response.set('x-request-id', id)
    response.set('cache-control', 'no-store')
    const start = performance.now()
    response.on('finish', () => {
      log.debug(
        { request: id, method: request.method, path: request.path, status: response.statusCode, ms: Math.round(performance.now() - start) },
        'request',
      )
    })
    next()
  })
  if (admit) app.use('/api', admit)
  const json = express.json({ limit: BODY_LIMIT })
  app.use((request, response, next) => (OWN_BODY.has(request.path) ? next() : json(request, response, next)))
  for (const router of routers) app.use(router)
  app.use(() => {
    throw new CatalogueError('not_found')
  })

  const onError: ErrorRequestHandler = (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error)
    failed?.(error)
    const refusal = fromBodyParser(error) ?? asCatalogueError(error)
    if (refusal.code === 'internal')
      log.error({ request: response.locals['requestId'] as string, path: request.path, err: error }, 'request failed')
    if (refusal.retryAfterMs !== undefined) response.set('retry-after', String(Math.ceil(refusal.retryAfterMs / 1000)))
    response.status(httpStatusOf(refusal.code)).json({ error: refusal.toWire() } satisfies HttpErrorBody)
  }
  app.use(onError)
  return app
}

/** express.json marks an invalid body with a 4xx status. */
function fromBodyParser(error: unknown): CatalogueError | null {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return null
  if (error.status < 400 || error.status >= 500) return null
  return new CatalogueError('bad_request', { message: error.status === 413 ? `The body is too large.` : 'The body is not valid JSON.' })
}
