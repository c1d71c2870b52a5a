import { parse } from 'engine.io-client'

/** A server's address, in whatever form it was written. */
export interface ServerAddress {
  /** Scheme, host and port for HTTP calls, in lower case, without a default port and without a slash at the end. */
  readonly origin: string
  /** The path, which names the namespace of Socket.IO; empty for the root. */
  readonly path: string
  /** The query of the URL itself. */
  readonly query: Record<string, string>
}

const DEFAULT_PORT: Record<string, string> = { http: '80', https: '443' }

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text.replace(/\+/g, ' '))
  } catch {
    return text
  }
}

/** Parses a URL. `ws://` is `http://`, and `wss://` is `https://`. (Mini programs have no `URL`.) */
export function parseAddress(url: string): ServerAddress {
  const parsed = parse(url.trim().replace(/^\w+:/, (scheme) => scheme.toLowerCase())) as Record<string, string>
  const { host, ipv6uri, path, port, query } = parsed
  const scheme = (parsed['protocol'] || '').replace('ws', 'http')
  const asked: Record<string, string> = {}
  for (const pair of (query || '').split('&')) {
    const [name = '', ...rest] = pair.split('=')
    if (name) asked[decode(name)] = decode(rest.join('='))
  }
  // Relative to a page, in a browser.
  if (!scheme || !host) return { origin: url.replace(/[?#].*/, '').replace(/\/+$/, ''), path: '', query: asked }
  const name = ipv6uri ? `[${host}]` : host.toLowerCase()
  return {
    origin: `${scheme}://${name}${port && port !== DEFAULT_PORT[scheme] ? `:${port}` : ''}`,
    path: (path || '').replace(/\/+$/, ''),
    query: asked,
  }
}

/** `?a=1&b=2` of the values that are set; empty if none is. */
export function queryOf(values: Record<string, string | number | undefined>): string {
  const pairs = Object.keys(values)
    .filter((key) => values[key] !== undefined)
    .map((key) => `${key}=${encodeURIComponent(String(values[key]))}`)
  return pairs.length ? `?${pairs.join('&')}` : ''
}
