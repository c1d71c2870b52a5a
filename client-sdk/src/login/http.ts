import { fromWire, GameError } from '../game-error.ts'
import type { ErrorCode } from '../errors.ts'
import type { Host, HttpRequest, HttpResponse } from '../host/host.ts'
import { SESSION_HEADER } from '../protocol.ts'

/** The meaning of a status whose body is not the server's, but that of a proxy on the way. */
function codeOf(status: number): ErrorCode {
  if (status === 401) return 'session_expired'
  if (status === 404) return 'not_found'
  if (status === 429) return 'rate_limited'
  return status >= 500 ? 'unavailable' : 'bad_request'
}

function toError({ status, headers, body }: HttpResponse): GameError {
  const sent = body && typeof body === 'object' ? (body as { error?: unknown }).error : undefined
  const error = sent && typeof sent === 'object' ? sent : { message: `HTTP ${status}` }
  const after = Number(headers['retry-after']) * 1000
  return fromWire(after > 0 ? Object.assign({ retryAfterMs: after }, error) : error, codeOf(status))
}

/** One HTTP call. */
export interface Call<T> {
  method: HttpRequest['method']
  path: string
  body?: unknown
  sessionId?: string | undefined
  timeoutMs: number
  /** Whether a body is a valid reply to this call; another server's page with status 200 is not. */
  accepts(body: unknown): body is T
}

/** Makes the call. Rejects with the server's error, `network`, `timeout`, or `bad_reply` if the reply does not come from this server. */
export async function call<T>(host: Host, baseUrl: string, { method, path, body, sessionId, timeoutMs, accepts }: Call<T>): Promise<T> {
  const headers: Record<string, string> = {}
  if (body !== undefined) headers['content-type'] = 'application/json'
  if (sessionId) headers[SESSION_HEADER] = sessionId
  const response = await host.request({ method, url: baseUrl + path, headers, body, timeoutMs })
  if (!(response.status >= 200 && response.status < 300)) throw toError(response)
  if (!accepts(response.body)) throw new GameError('bad_reply', `unexpected data from ${path}`)
  return response.body
}
