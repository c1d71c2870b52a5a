import { isOutage } from './outages.ts'
import { ERRORS, wireError, type ErrorCode, type WireError } from '../../client-sdk/src/errors.ts'

export type { ErrorCode, WireError }
export { isOutage, wireError }

/** An error of the catalogue on its way to the caller. The code that serves a request throws it, and one place turns it into a reply. */
export class CatalogueError extends Error {
  override readonly name = 'CatalogueError'
  readonly code: ErrorCode
  /** Milliseconds after which the same request may succeed. */
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, options: { message?: string; retryAfterMs?: number; cause?: unknown } = {}) {
    super(options.message ?? ERRORS[code].message, { cause: options.cause })
    this.code = code
    this.retryAfterMs = options.retryAfterMs
  }

  toWire(): WireError {
    return wireError(this.code, this.message, this.retryAfterMs)
  }
}

export const httpStatusOf = (code: ErrorCode): number => ERRORS[code].http

/** When to retry after an outage, ms. Randomised, so that the many callers of an outage do not return all at once. */
const OUTAGE_RETRY_MS = 1000
export const outageRetryMs = (): number => Math.round(OUTAGE_RETRY_MS * (1 + Math.random()))

/** What a caller may learn about any exception: an error of the catalogue, and nothing more. */
export function asCatalogueError(error: unknown): CatalogueError {
  if (error instanceof CatalogueError) return error
  return isOutage(error)
    ? new CatalogueError('unavailable', { retryAfterMs: outageRetryMs(), cause: error })
    : new CatalogueError('internal', { cause: error })
}
