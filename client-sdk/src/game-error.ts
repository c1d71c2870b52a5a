import { ERRORS, type ErrorCode, type WireError } from './errors.ts'

/**
 * What only a client can find out:
 * `network` – a request or a connection failed, the message is the host's own (WeChat's `errMsg`);
 * `timeout` – nobody answered in time; `disconnected` – the connection ended before the answer;
 * `login_failed` – the host gave no login code; `closed` – the client was closed;
 * `replaced` – a newer connection of the same player took over; `cancelled` – the search was called off;
 * `no_match` – the command needs a match and there is none.
 */
export type ClientErrorCode =
  | 'network'
  | 'timeout'
  | 'disconnected'
  | 'login_failed'
  | 'closed'
  | 'replaced'
  | 'cancelled'
  | 'no_match'

/** Client errors after which the same call may succeed without a change by the caller. */
const TEMPORARY: readonly string[] = ['network', 'timeout', 'disconnected', 'login_failed']

function isKnown(code: unknown): code is ErrorCode {
  return Object.prototype.hasOwnProperty.call(ERRORS, String(code))
}

/** Every rejection of this package: a code of the server's catalogue or one of the client's own. */
export class GameError extends Error {
  /** What went wrong, to decide by. */
  readonly code: ErrorCode | ClientErrorCode
  /** The same call may succeed later without a change by the caller. */
  readonly temporary: boolean
  /** Milliseconds to wait before the same call may succeed, where the server said so. */
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode | ClientErrorCode, message?: string, retryAfterMs?: number) {
    const known = isKnown(code) ? ERRORS[code] : undefined
    super(message || (known ? known.message : code))
    this.name = 'GameError'
    this.code = code
    this.temporary = known ? known.temporary : TEMPORARY.indexOf(code) !== -1
    this.retryAfterMs = retryAfterMs
  }
}

/** Turns what a server sent as an error into a `GameError`; an unknown shape becomes `fallback`. */
export function fromWire(error: unknown, fallback: ErrorCode = 'internal'): GameError {
  const wire = (typeof error === 'object' && error ? error : {}) as Partial<WireError>
  return new GameError(isKnown(wire.code) ? wire.code : fallback, wire.message, wire.retryAfterMs)
}

/** Anything that was thrown, as a `GameError`. */
export function toGameError(error: unknown): GameError {
  if (error instanceof GameError) return error
  return new GameError('internal', error instanceof Error ? error.message : String(error))
}
