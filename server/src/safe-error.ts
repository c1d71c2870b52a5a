/**
 * The part of an error that may be logged. Errors carry what failed: those of Redis the command with its arguments, those of MySQL the
 * statement with its parameters, those of Prisma the whole call; a JSON error quotes the text. Any of these may hold a session, an openid,
 * a session_key or a hidden move. So this is a list of what is kept, and quoted text is never kept.
 */
export interface SafeError {
  type: string
  code?: string | number
  message: string
  stack?: string
  /** How much of the causes is kept. */
  causes?: Omit<SafeError, 'stack' | 'causes'>[]
}

const MAX_MESSAGE = 300
const MAX_CAUSES = 4
const MAX_FRAMES = 12
/** Levels of a logged object in which errors are looked for; no object of ours is deeper. */
const MAX_DEPTH = 5

/** A text in quotes of any kind; an apostrophe within a word opens none. A text whose end was cut off extends to the end. */
const QUOTED = /"(?:[^"\\]|\\.)*(?:"|$)|`[^`]*(?:`|$)|(?<![\p{L}\p{N}])'(?:[^'\\]|\\.)*(?:'|$)/gsu
/** The driver of MySQL appends the statement and its parameters; Prisma puts the call before the reason. */
const STATEMENT = /\s*(?:\n\s*sql:|- parameters:|with args beginning with:).*$/s
const PRISMA_CALL = /^[^]*?Invalid [^]*? invocation[^\n]*\n[^]*\n\n+/
/** A long piece without a space is not a word of a message. */
const TOKEN = /[^\s]{41,}/g
/** No name of something in the code is longer. */
const NAME = /^[\w.$-]{1,60}$/

/** The message of an error without anything that it quotes. */
export function safeMessage(error: unknown): string {
  const text = error instanceof Error ? textOf(error, 'message') : typeof error === 'string' ? error : ''
  const safe = text.replace(PRISMA_CALL, '').replace(STATEMENT, '').replace(QUOTED, "'…'").replace(TOKEN, '…').trim()
  return safe.slice(0, MAX_MESSAGE) || 'no message'
}

/** For logs. Anything may be thrown: a value that is no error is logged by its type only. */
export function safeError(error: unknown): SafeError {
  if (!(error instanceof Error)) return { type: typeof error, message: 'not an error' }
  const brief = briefOf(error)
  const frames = textOf(error, 'stack')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, MAX_FRAMES)
  const causes = causesOf(error)
  return {
    ...brief,
    ...(frames.length > 0 && { stack: [`${brief.type}: ${brief.message}`, ...frames].join('\n') }),
    ...(causes.length > 0 && { causes: causes.map(briefOf) }),
  }
}

function briefOf(error: Error): Omit<SafeError, 'stack' | 'causes'> {
  const name = textOf(error, 'name')
  const code: unknown = read(error, 'code')
  const safeCode = typeof code === 'number' || (typeof code === 'string' && NAME.test(code)) ? code : undefined
  return { type: NAME.test(name) ? name : 'Error', ...(safeCode !== undefined && { code: safeCode }), message: safeMessage(error) }
}

/** The causes of an error in order, those of an AggregateError too. Each once: they may form a circle. */
function causesOf(error: Error): Error[] {
  const found = new Set<Error>([error])
  for (const each of found) {
    if (found.size > MAX_CAUSES) break
    for (const next of [read(each, 'cause'), ...listOf(read(each, 'errors'))]) if (next instanceof Error) found.add(next)
  }
  return [...found].slice(1, 1 + MAX_CAUSES)
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/** A property of an error may be a getter that throws. */
function read(error: Error, field: string): unknown {
  try {
    return Reflect.get(error, field)
  } catch {
    return undefined
  }
}
function textOf(error: Error, field: string): string {
  const value = read(error, field)
  return typeof value === 'string' ? value : ''
}

/** The fields of a log line, with every error in them reduced, wherever it is. */
export function withoutErrors(fields: Record<string, unknown>): Record<string, unknown> {
  return clean(fields, 0) as Record<string, unknown>
}

function clean(value: unknown, depth: number): unknown {
  if (value instanceof Error) return safeError(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth === MAX_DEPTH) return '…'
  if (Array.isArray(value)) return value.map((each) => clean(each, depth + 1))
  if (Object.getPrototypeOf(value) !== Object.prototype && Object.getPrototypeOf(value) !== null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, clean(each, depth + 1)]))
}
