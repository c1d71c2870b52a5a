import type { IncomingHttpHeaders } from 'node:http'

/** A form or an image of another site cannot send it, and a script of one must send a preflight request first, which is not answered. */
export const PAGE_HEADER = 'x-caiquan-cluster'

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i

/**
 * Why a request that would change the cluster is refused, or null. Only the page itself, opened on this machine, may send it: another site
 * could make a browser send something here, and could make its own name resolve to this machine.
 */
export function refusal({
  host = '',
  origin,
  'content-type': type,
  'sec-fetch-site': site,
  [PAGE_HEADER]: own,
}: IncomingHttpHeaders): string | null {
  if (!LOOPBACK.test(host)) return `Nodes are stopped and started only from a page at localhost, not at "${host}".`
  if (origin !== `https://${host}`) return 'The request comes from another site.'
  if (site !== undefined && site !== 'same-origin') return 'The request comes from another site.'
  if (own === undefined) return `The header ${PAGE_HEADER} is missing.`
  if (!/^application\/json\b/.test(type ?? '')) return 'The content must be JSON.'
  return null
}
