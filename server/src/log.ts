import { pino, type DestinationStream, type Logger } from 'pino'
import type { Config } from './config.ts'
import { createLimiter, type Rate } from './limits.ts'
import { safeError, withoutErrors } from './safe-error.ts'

export type Log = Logger

/** How often one message is logged: during an outage every request would log the same. */
const REPEATED: Rate = { perSecond: 1 / 10, burst: 5 }
const MESSAGES = 1000

/**
 * Structured logs, on standard output unless a destination is given. Errors are reduced to fields that can hold no secret, wherever they
 * occur (safe-error.ts); fields that identify a person or open a session are removed by name. A message that repeats is logged now and
 * then, with `suppressed`: how often it was left out.
 */
export function createLog(config: Pick<Config, 'LOG_LEVEL' | 'NODE_NAME'>, destination?: DestinationStream): Log {
  const limiter = createLimiter(MESSAGES)
  const suppressed = new Map<string, number>()
  const options = {
    level: config.LOG_LEVEL,
    base: { node: config.NODE_NAME },
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: (value: unknown) => (value instanceof Error ? safeError(value) : value) },
    formatters: { log: withoutErrors },
    redact: {
      paths: [
        'sessionId',
        'openid',
        'session_key',
        'sessionKey',
        '*.sessionId',
        '*.openid',
        '*.session_key',
        '*.sessionKey',
        '*.sessionid',
      ],
      censor: '***',
    },
    hooks: {
      logMethod(this: Logger, args: Parameters<Logger['info']>, method: (...args: Parameters<Logger['info']>) => void) {
        const [fields, message] = args as unknown as [unknown, string?]
        const key = typeof fields === 'string' ? fields : message
        if (key === undefined) return method.apply(this, args)
        if (limiter.take(key, REPEATED) > 0) {
          if (suppressed.size < MESSAGES || suppressed.has(key)) suppressed.set(key, (suppressed.get(key) ?? 0) + 1)
          return
        }
        const times = suppressed.get(key)
        if (times === undefined) return method.apply(this, args)
        suppressed.delete(key)
        const entry = typeof fields === 'string' ? { suppressed: times } : { ...(fields as object), suppressed: times }
        method.apply(this, [entry, key] as unknown as Parameters<Logger['info']>)
      },
    },
  }
  return destination ? pino(options, destination) : pino(options)
}
