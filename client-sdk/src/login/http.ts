import { fromWire, GameError } from '../game-error.ts'
import type { ErrorCode } from '../errors.ts'
import type { Host, HttpRequest, HttpResponse } from '../host/host.ts'
import { SESSION_HEADER, type HttpErrorBody } from '../protocol.ts'

/** What a status means when its body is not ours, but that of a proxy on the way. */
function codeOf(status: number): ErrorCode {
  if (status === 401) return 'session_expired'
  if (status === 404) return 'not_found'
  if (status === 429) return 'rate_limited'
  return status >= 500 ? 'unavailable' : 'bad_request'
}

function toError({ status, headers, body }: HttpResponse): GameError {
  const wire = (body as Partial<HttpErrorBody> | null)?.error || { message: `HTTP ${status}` }
  const after = Number(headers['retry-after']) * 1000
  return fromWire(after > 0 ? Object.assign({ retryAfterMs: after }, wire) : wire, codeOf(status))
}

/** One HTTP call of the contract. Rejects with the catalogue's error, `network` or `timeout`. */
export async function call<T>(
  host: Host,
  baseUrl: string,
  request: { method: HttpRequest['method']; path: string; body: unknown; sessionId: string | undefined; timeoutMs: number },
): Promise<T> {
  const { method, path, body, sessionId, timeoutMs } = request
  const headers: Record<string, string> = {}
  if (body !== undefined) headers['content-type'] = 'application/json'
  if (sessionId) headers[SESSION_HEADER] = sessionId
  const response = await host.request({ method, url: baseUrl + path, headers, body, timeoutMs })
  if (response.status >= 200 && response.status < 300) return response.body as T
  throw toError(response)
}
