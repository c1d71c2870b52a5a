import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'

export interface HttpReply<T = unknown> {
  status: number
  headers: NodeJS.Dict<string | string[]>
  /** Parsed JSON, or the text if it is not JSON. */
  body: T
}

export interface HttpOptions {
  method?: string
  headers?: Record<string, string>
  /** Sent as JSON; a string is sent as it is. */
  body?: unknown
}

/** One request. Certificates are not verified, because those of a test cluster are self-signed. */
export function http<T = unknown>(url: string, { method = 'GET', headers = {}, body }: HttpOptions = {}): Promise<HttpReply<T>> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpReply<T>>()
  const payload = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
  const send = url.startsWith('https:') ? httpsRequest : httpRequest
  const options = {
    method,
    headers: { ...(payload === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    rejectUnauthorized: false,
    agent: false,
    timeout: 15_000,
  }
  const request = send(url, options, (response) => {
    response.setEncoding('utf8')
    let text = ''
    response.on('data', (chunk: string) => (text += chunk))
    response.on('error', reject)
    response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: parsed(text) as T }))
  })
  request.on('timeout', () => request.destroy(new Error(`${method} ${url}: no reply within 15 s`)))
  request.on('error', reject)
  request.end(payload)
  return promise
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
