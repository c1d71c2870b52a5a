import { ERRORS, wireError, type ErrorCode, type WireError } from '../client-sdk/src/errors.ts'

export type { ErrorCode, WireError }
export { wireError }

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

const OUTAGE = /^(Connection is closed|Command timed out|Stream isn't writeable|Reached the max retries|CLUSTERDOWN|LOADING|MASTERDOWN|READONLY|TRYAGAIN|Failed to refresh slots|Too many Cluster redirections|No sharded subscriber|None of startup nodes)/

/** Whether an exception means that Redis or MySQL is away rather than that this code is wrong. */
export function isOutage(fault: unknown): boolean {
  if (!(fault instanceof Error)) return false
  if (OUTAGE.test(fault.message)) return true
  const code: unknown = 'code' in fault ? fault.code : undefined
  if (typeof code === 'string' && /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|P1001|P1002|P1008|P1017|P2024|P2028)/.test(code)) return true
  return /pool timeout|Server has closed the connection|Can't reach database|socket has unexpectedly been closed/i.test(fault.message)
}

/** What a caller is told about any exception: never more than the catalogue says. */
export function asCatalogueError(fault: unknown): CatalogueError {
  if (fault instanceof CatalogueError) return fault
  return isOutage(fault)
    ? new CatalogueError('unavailable', { retryAfterMs: 1000, cause: fault })
    : new CatalogueError('internal', { cause: fault })
}
