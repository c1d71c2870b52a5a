import { ERRORS, type ErrorCode } from './errors.ts'
import { isDuration } from './util/settings.ts'

/**
 * What only a client can find out:
 * `network` – a request or a connection failed, the message is the host's own (WeChat's `errMsg`);
 * `timeout` – nobody answered in time; `disconnected` – the connection ended before the answer;
 * `refused` – the server refused the handshake and gave no code; `bad_reply` – the answer is not one of this server
 * (a proxy's page, for example); `login_failed` – the host gave no login code; `closed` – the client was closed;
 * `replaced` – a newer connection of the same player took over; `cancelled` – the search was called off;
 * `no_match` – the command needs a match and there is none.
 */
export type ClientErrorCode =
  | 'network'
  | 'timeout'
  | 'disconnected'
  | 'refused'
  | 'bad_reply'
  | 'login_failed'
  | 'closed'
  | 'replaced'
  | 'cancelled'
  | 'no_match'

// oxlint-disable-next-line typescript/no-generated-empty-object-type -- keeps the editor's suggestions, which `| string` would swallow
type OtherCode = string & Record<never, never>

/** A code of the catalogue, one of the client's own, or whatever code another server gives. */
export type AnyErrorCode = ErrorCode | ClientErrorCode | OtherCode

/** Client errors after which the same call may succeed without a change by the caller. */
const TEMPORARY: readonly string[] = ['network', 'timeout', 'disconnected', 'bad_reply', 'login_failed']

const known = (code: unknown): (typeof ERRORS)[ErrorCode] | undefined =>
  Object.prototype.hasOwnProperty.call(ERRORS, String(code)) ? ERRORS[code as ErrorCode] : undefined

/** What an error may carry besides its code. */
export interface GameErrorOptions {
  message?: string | undefined
  retryAfterMs?: number | undefined
  temporary?: boolean | undefined
  details?: unknown
  fromServer?: boolean
}

/** @deprecated The name before 0.2; use `GameErrorOptions`. */
export type ErrorFacts = GameErrorOptions

/** Every rejection of this package. */
export class GameError extends Error {
  /** What went wrong, to decide by. */
  readonly code: AnyErrorCode
  /** The same call may succeed later without a change by the caller. Unknown codes of a server do not, unless it says so. */
  readonly temporary: boolean
  /** Milliseconds to wait before the same call may succeed, if the server said so. */
  readonly retryAfterMs: number | undefined
  /** What the server added to the error, as it sent it. */
  readonly details: unknown
  /** The server said this; otherwise the client found it out by itself. */
  readonly fromServer: boolean

  /** @param more how long to wait, in milliseconds, or all else that is known */
  constructor(code: AnyErrorCode, message?: string, more: GameErrorOptions | number = {}) {
    const options: GameErrorOptions = typeof more === 'number' ? { retryAfterMs: more } : more
    const entry = known(code)
    super(message || options.message || (entry ? entry.message : code))
    this.name = 'GameError'
    this.code = code
    this.fromServer = options.fromServer === true
    this.temporary =
      options.temporary !== undefined ? options.temporary : entry ? entry.temporary : !this.fromServer && TEMPORARY.indexOf(code) !== -1
    this.retryAfterMs = options.retryAfterMs
    this.details = options.details
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** Turns what a server sent as an error into a `GameError`. `fallback` is the code of what carries none. */
export function fromWire(error: unknown, fallback: AnyErrorCode = 'internal'): GameError {
  const wire = isRecord(error) ? error : {}
  const { code, message, retryAfterMs, temporary, details } = wire
  return new GameError(typeof code === 'string' && code ? code : fallback, undefined, {
    message: typeof message === 'string' ? message : typeof error === 'string' ? error : undefined,
    retryAfterMs: isDuration(retryAfterMs) ? retryAfterMs : undefined,
    temporary: typeof temporary === 'boolean' ? temporary : undefined,
    details,
    fromServer: true,
  })
}

/**
 * A handshake that the server refused, as Socket.IO's `connect_error` tells of it: `new Error('…')` in a middleware has only a
 * message, `data` carries what the server put there. Without a code in it: `refused`, and `data` in `details`.
 */
export function fromRefusal({ message, data }: { message?: string; data?: unknown }): GameError {
  const wire: Record<string, unknown> = isRecord(data) ? data : {}
  return fromWire(Object.assign({ message, details: data }, wire), 'refused')
}

/** The connection was lost, or gave no answer in time: nobody knows what became of the request. */
export const isLost = ({ code, fromServer }: GameError): boolean => !fromServer && (code === 'timeout' || code === 'disconnected')

/** Anything that was thrown, as a `GameError`. */
export function toGameError(error: unknown): GameError {
  if (error instanceof GameError) return error
  return new GameError('internal', error instanceof Error ? error.message : String(error))
}
