import { inspect } from 'node:util'
import { assert, boolean, constantFrom, property, string } from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { createLog } from '../../server/src/log.ts'
import { safeError, safeMessage } from '../../server/src/safe-error.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function logTo() {
  const lines: string[] = []
  const log = createLog({ LOG_LEVEL: 'debug', NODE_NAME: 'test' }, { write: (line) => void lines.push(line) })
  return { log, lines, text: () => lines.join('') }
}

const SECRET = 'oKq3x-SECRET_openid.session+key/rock=='

/** Errors as the libraries make them; each holds the secret somewhere. */
const ERRORS: Record<string, (secret: string) => unknown> = {
  'a refusal of Redis with its command': (secret) =>
    Object.assign(new Error('OOM command not allowed when used memory > maxmemory.'), {
      name: 'ReplyError',
      command: { name: 'hset', args: ['key', 'sessionKey', secret] },
    }),
  'a command that Redis does not know': (secret) => new Error(`ERR unknown command 'HSETX', with args beginning with: 'key' '${secret}' `),
  'a statement of MySQL with its parameters': (secret) =>
    Object.assign(
      new Error(
        `(conn:5, no: 1062, SQLState: 23000) Duplicate entry '${secret}' for key 'Player_openid_key'\n` +
          `sql: INSERT INTO Player VALUES (?) - parameters:['${secret}','x']`,
      ),
      { sql: `INSERT '${secret}'`, sqlMessage: `Duplicate entry '${secret}'`, code: 'ER_DUP_ENTRY', errno: 1062 },
    ),
  'a statement that was cut off': (secret) => new Error(`no\nsql: INSERT - parameters:['a','${secret}`),
  'a call of Prisma': (secret) =>
    Object.assign(
      new Error(
        `\nInvalid \`prisma.player.update()\` invocation:\n\n{\n  where: {\n    openid: "${secret}"\n  }\n}\n\nArgument \`x\` is missing.`,
      ),
      { name: 'PrismaClientValidationError', meta: { openid: secret } },
    ),
  'a parameter that holds an apostrophe': (secret) => new Error(`Data too long for column 'nickname' - parameters:['it's ${secret} x']`),
  'a statement with a value without quotes': (secret) => new Error(`Unknown column\nsql: DELETE FROM Player WHERE id = ${secret}`),
  'a command of Redis with an apostrophe in it': (secret) =>
    new Error(`ERR unknown command 'HSETX', with args beginning with: 'it's ${secret} x' `),
  'a call of Prisma with a value without quotes': (secret) =>
    new Error(
      `\nInvalid \`prisma.player.update()\` invocation:\n\n{\n  data: {\n    picture: ${secret}\n  }\n}\n\nArgument \`x\` is missing.`,
    ),
  'a text that is not JSON': (secret) => tryTo(() => JSON.parse(`${secret} {`)),
  'an address': (secret) => tryTo(() => new URL(`//${secret} x`)),
  'a request that failed': (secret) =>
    Object.assign(new TypeError('fetch failed'), {
      cause: new Error(`connect https://api/sns?secret=${secret}&js_code=x`),
      request: { headers: { sessionid: secret } },
    }),
  'a refusal of zod': (secret) => z.strictObject({ a: z.literal(1) }).safeParse({ a: secret, [secret]: 1 }).error,
  'an error before this one': (secret) =>
    new Error('outer', { cause: new Error('inner', { cause: Object.assign(new Error(`'${secret}'`), { args: [secret] }) }) }),
  'several errors': (secret) =>
    new AggregateError([new Error(`"${secret}"`), Object.assign(new Error('x'), { command: secret })], 'all failed'),
  'an invalid name and code': (secret) => Object.assign(new Error('x'), { name: `${secret} ${secret}`, code: `${secret} x` }),
  'a text instead of an error': (secret) => secret,
  'an object instead of an error': (secret) => ({ message: secret, sessionKey: secret }),
}
function tryTo(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return error
  }
}

test.each(Object.entries(ERRORS))('%s is logged without the secret that it carries, at any place', (_, make) => {
  const { log, text } = logTo()
  const error = make(SECRET)
  // The error holds the secret, or this test would prove nothing.
  expect(inspect(error, { depth: 9, showHidden: true }).includes(SECRET.slice(0, 8)) || JSON.stringify(error)?.includes(SECRET)).toBe(true)
  const asError = error instanceof Error ? error : new Error('held', { cause: error })
  log.error({ err: asError }, 'one')
  log.error(asError, 'two')
  log.warn({ fault: asError }, 'three')
  log.warn({ deep: { list: [{ error: asError }] } }, 'four')
  log.child({ err: asError }).warn('in every line of a part')
  log.warn({ reason: safeMessage(error instanceof Error ? error : new Error('x')) }, 'five')
  expect(text()).toContain('"msg":"five"')
  expect(text()).not.toContain(SECRET)
  expect(text()).not.toContain(SECRET.slice(0, 8))
})

test('no text in quotes survives, whatever it is', () => {
  assert(
    property(
      string({ minLength: 6, maxLength: 40 }).filter((text) => /\w{4}/.test(text) && !/["'`\\]/.test(text)),
      constantFrom('"', "'", '`'),
      boolean(),
      (secret, quote, cut) => {
        const message = `it failed at ${quote}${secret}${cut ? '' : `${quote} and`}`
        const left = safeMessage(new Error(message))
        expect(left.replaceAll('it failed at', '').replace('and', '')).not.toContain(secret.trim())
      },
    ),
  )
})

test('text without quotes stays: an operator reads the cause', () => {
  const error = Object.assign(new Error("OOM command not allowed when used memory > 'maxmemory'. Can't go on."), {
    name: 'ReplyError',
    code: 'OOM',
  })
  const safe = safeError(error)
  expect(safe).toMatchObject({ type: 'ReplyError', code: 'OOM', message: "OOM command not allowed when used memory > '…'. Can't go on." })
  expect(safe.stack).toMatch(/^ReplyError: OOM command[^\n]*\n\s+at /)
  expect(safeError(new Error('outer', { cause: Object.assign(new Error('inner'), { code: 'ECONNREFUSED' }) })).causes).toEqual([
    { type: 'Error', code: 'ECONNREFUSED', message: 'inner' },
  ])
})

test('errors in a circle, getters that throw and values that are not errors do no harm', () => {
  const one = new Error('one')
  const two = new Error('two', { cause: one })
  one.cause = two
  expect(safeError(one).causes).toHaveLength(1)
  const broken = new Error('x')
  Object.defineProperty(broken, 'message', {
    get: () => {
      throw new Error('no')
    },
  })
  expect(safeError(broken).message).toBe('no message')
  for (const thrown of [null, undefined, 5, 'text', Symbol('x'), () => 1])
    expect(safeError(thrown)).toMatchObject({ message: 'not an error' })
})

test('fields that identify a person or open a session are removed by name', () => {
  const { log, text } = logTo()
  log.info({ sessionId: SECRET, openid: SECRET, session_key: SECRET, sessionKey: SECRET }, 'top')
  log.info({ request: { sessionId: SECRET, openid: SECRET, session_key: SECRET, sessionKey: SECRET, sessionid: SECRET } }, 'below')
  expect(text()).not.toContain(SECRET)
  expect(text().match(/\*\*\*/g)).toHaveLength(9)
})

test('a repeated message is logged from time to time, with the number of omitted ones', () => {
  const { log, lines } = logTo()
  for (let i = 0; i < 10_000; i += 1) log.error({ err: new Error('OOM') }, 'command failed')
  expect(lines).toHaveLength(5)
  // Other messages are not held back because of it.
  log.error({ err: new Error('OOM') }, 'request failed')
  expect(lines).toHaveLength(6)
  vi.advanceTimersByTime(10_000)
  log.error({ err: new Error('OOM') }, 'command failed')
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ msg: 'command failed', suppressed: 9995 })
  vi.advanceTimersByTime(10_000)
  log.error({ err: new Error('OOM') }, 'command failed')
  expect(JSON.parse(lines.at(-1) ?? '')).not.toHaveProperty('suppressed')
})
