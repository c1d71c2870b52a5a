import { parse } from './parse-uri.ts'

/** `io`'s URLs where there is no page that they could be relative to. */
export function url(uri: string, path: string): Record<string, unknown> {
  const parsed = parse(/^\w+:\/\//.test(uri) ? uri : `https://${uri}`)
  parsed['port'] = parsed['port'] || (String(parsed['protocol']).endsWith('s') ? '443' : '80')
  parsed['path'] = parsed['path'] || '/'
  parsed['id'] = `${String(parsed['protocol'])}://${String(parsed['host'])}:${String(parsed['port'])}${path}`
  return parsed
}
