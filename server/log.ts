import { pino, type Logger } from 'pino'
import type { Config } from './config.ts'

export type Log = Logger

/** Structured logs on standard output. What identifies a person or opens a session is cut out wherever it stands. */
export function createLog(config: Pick<Config, 'LOG_LEVEL' | 'NODE_NAME'>): Log {
  return pino({
    level: config.LOG_LEVEL,
    base: { node: config.NODE_NAME },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: ['sessionId', 'openid', 'session_key', 'sessionKey', '*.sessionId', '*.openid', '*.session_key', '*.sessionKey', '*.sessionid'],
      censor: '***',
    },
  })
}
