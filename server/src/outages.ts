/**
 * Which errors mean that Redis or MySQL is away or refuses, rather than that this code is wrong. By type and code wherever the
 * client library has them; test/integration/outages.test.ts produces every entry on a real server.
 */

export type Store = 'redis' | 'mysql'

export interface Outage {
  store: Store
  /** A few words for logs, metrics and /readyz: an entry of the lists below. */
  reason: string
}

/** Replies of Redis, by their code: the first word of the message. */
export const REDIS_CODES: Record<string, string> = {
  OOM: 'full',
  NOREPLICAS: 'too few replicas',
  MISCONF: 'cannot save',
  READONLY: 'read-only',
  LOADING: 'loading',
  BUSY: 'busy with a script',
  MASTERDOWN: 'replica without its primary',
  CLUSTERDOWN: 'cluster is down',
  TRYAGAIN: 'moving slots',
}

/** Errors of ioredis itself: plain errors without a class or a code. */
export const REDIS_MESSAGES: [start: string, reason: string][] = [
  ['Connection is closed', 'away'],
  ["Stream isn't writeable", 'away'],
  ['Command timed out', 'silent'],
  ['Reached the max retries', 'away'],
  ['Failed to refresh slots', 'away'],
  ['Too many Cluster redirections', 'moving slots'],
  ['No sharded subscriber', 'away'],
  ['None of startup nodes', 'away'],
  ['ERR max number of clients reached', 'too many connections'],
]

/** Errors of MySQL and MariaDB, and from 45000 on of their driver, by number. */
export const MYSQL_ERRORS: Record<number, string> = {
  1021: 'full',
  1040: 'too many connections',
  1041: 'out of memory',
  1053: 'shutting down',
  1077: 'shutting down',
  1114: 'full',
  1129: 'blocks this host',
  1135: 'out of threads',
  1203: 'too many connections',
  1205: 'lock wait time-out',
  1213: 'deadlock',
  1223: 'locked for reading',
  1226: 'too many connections',
  1290: 'read-only',
  1317: 'interrupted',
  1792: 'read-only',
  1836: 'read-only',
  1927: 'interrupted',
  1969: 'too slow',
  2006: 'away',
  2013: 'away',
  3024: 'too slow',
  3100: 'too few replicas',
  3572: 'lock wait time-out',
  45001: 'away',
  45004: 'away',
  45009: 'away',
  45012: 'away',
  45013: 'away',
  45019: 'away',
  45026: 'silent',
  45028: 'away',
  45030: 'away',
  45042: 'silent',
}

/** Errors of Prisma itself, without a reply from MySQL. */
export const PRISMA_CODES: Record<string, string> = {
  P1001: 'away',
  P1002: 'silent',
  P1008: 'silent',
  P1017: 'away',
  P2024: 'too many connections',
  P2028: 'away',
  P2034: 'deadlock',
  P2037: 'too many connections',
}

const SYSTEM_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
])
/** How deep causes are searched. */
const MAX_DEPTH = 4

/** What an error says about a store; null if it is another kind of error. */
export function outageOf(error: unknown, depth = 0): Outage | null {
  if (!(error instanceof Error) || depth > MAX_DEPTH) return null
  return (
    ofRedis(error, depth) ??
    ofMysql(error) ??
    ofSystem(error) ??
    // Errors that wrap others: a failed connection attempt to several addresses, or an error to which a caller added a reason.
    [Reflect.get(error, 'cause'), ...listOf(Reflect.get(error, 'errors'))].reduce<Outage | null>(
      (found, cause) => found ?? outageOf(cause, depth + 1),
      null,
    )
  )
}

/** Whether an exception means that Redis or MySQL is away or refuses. */
export const isOutage = (error: unknown): boolean => outageOf(error) !== null

function ofRedis(error: Error, depth: number): Outage | null {
  const [code = ''] = error.message.split(/[\s:]/, 1)
  if (Object.hasOwn(REDIS_CODES, code)) return { store: 'redis', reason: REDIS_CODES[code] ?? '' }
  const [, reason] = REDIS_MESSAGES.find(([start]) => error.message.startsWith(start)) ?? []
  if (reason !== undefined) return { store: 'redis', reason }
  // A transaction is refused because one of its commands was.
  if (code !== 'EXECABORT') return null
  return listOf(Reflect.get(error, 'previousErrors')).reduce<Outage | null>(
    (found, previous) => found ?? outageOf(previous, depth + 1),
    null,
  )
}

function ofMysql(error: Error): Outage | null {
  const reason = mysqlReason(error)
  return reason === undefined ? null : { store: 'mysql', reason }
}

/** The driver has a number; Prisma has the driver's number, and codes of its own. */
function mysqlReason(error: Error): string | undefined {
  const adapter = at(error, 'meta', 'driverAdapterError', 'cause')
  const numbers = [at(error, 'errno'), at(adapter, 'originalCode'), at(error, 'cause', 'originalCode')].map(Number)
  const number = numbers.find((each) => Object.hasOwn(MYSQL_ERRORS, each))
  if (number === 45028) {
    // The pool got no connection in time; only the text of the last attempt says why.
    const attempt = at(adapter, 'cause') ?? at(error, 'cause', 'message')
    const [, last] = /\bno: (\d+),/.exec(typeof attempt === 'string' ? attempt : '') ?? []
    return MYSQL_ERRORS[Number(last)] ?? MYSQL_ERRORS[number]
  }
  if (number !== undefined) return MYSQL_ERRORS[number]
  const code = at(error, 'code')
  return typeof code === 'string' && Object.hasOwn(PRISMA_CODES, code) ? PRISMA_CODES[code] : undefined
}

/** A connection that broke or was never established. The driver of MySQL gives its errors a state. */
function ofSystem(error: Error): Outage | null {
  const code = at(error, 'code')
  return typeof code === 'string' && SYSTEM_CODES.has(code)
    ? { store: typeof at(error, 'sqlState') === 'string' ? 'mysql' : 'redis', reason: 'away' }
    : null
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>((held, key) => (typeof held === 'object' && held !== null ? Reflect.get(held, key) : undefined), value)
}
