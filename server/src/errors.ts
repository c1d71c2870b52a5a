import { isOutage } from './outages.ts'
import { ERRORS, wireError, type ErrorCode, type WireError } from '../../client-sdk/src/errors.ts'

export type { ErrorCode, WireError }
export { isOutage, wireError }

/** A catalogue error on its way to the caller: thrown by what serves a request, turned into a reply in one place. */
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

/** When to try again, ms: not all at once, as an outage has many waiting for its end. */
const OUTAGE_RETRY_MS = 1000
export const outageRetryMs = (): number => Math.round(OUTAGE_RETRY_MS * (1 + Math.random()))

/** What a caller is told about any exception: never more than the catalogue says. */
export function asCatalogueError(error: unknown): CatalogueError {
  if (error instanceof CatalogueError) return error
  return isOutage(error)
    ? new CatalogueError('unavailable', { retryAfterMs: outageRetryMs(), cause: error })
    : new CatalogueError('internal', { cause: error })
}
