import { describe, expect, test } from 'vitest'
import { ERRORS } from '../../src/errors.ts'
import { fromRefusal, fromWire, GameError, isLost, toGameError } from '../../src/game-error.ts'

describe('an error', () => {
  test('of the catalogue says whether it is temporary', () => {
    for (const [code, { temporary, message }] of Object.entries(ERRORS)) {
      expect(fromWire({ code })).toMatchObject({ code, temporary, message })
    }
  })
  test('keeps the fields that the server added', () => {
    expect(fromWire({ code: 'rate_limited', message: 'slow down', retryAfterMs: 700 })).toMatchObject({
      message: 'slow down',
      retryAfterMs: 700,
    })
  })
  test('with a code of another server is passed on unchanged, and is temporary only if that server says so', () => {
    const sent = { code: 'out_of_stock', message: 'none left', details: { left: 0 } }
    expect(fromWire(sent)).toMatchObject({ ...sent, temporary: false, fromServer: true })
    expect(fromWire({ code: 'busy', temporary: true }).temporary).toBe(true)
    expect(fromWire({ code: 'toString' })).toMatchObject({ code: 'toString', temporary: false })
    // A code that the client has too is still the server's.
    expect(fromWire({ code: 'timeout' }).temporary).toBe(false)
  })
  test.each([null, undefined, 'text', 7, {}, { code: '' }, { code: 7 }])('%j is not a code', (shape) => {
    expect(fromWire(shape).code).toBe('internal')
  })
  test.each([NaN, -1, Infinity, '100', null, {}])('%j is not a time to wait', (retryAfterMs) => {
    expect(fromWire({ code: 'overloaded', retryAfterMs }).retryAfterMs).toBeUndefined()
  })
  test('of the client is temporary, unless it was intended', () => {
    expect(new GameError('network').temporary).toBe(true)
    expect(new GameError('timeout').temporary).toBe(true)
    expect(new GameError('replaced').temporary).toBe(false)
    expect(new GameError('closed').temporary).toBe(false)
  })
  test('of any other kind becomes one with a code', () => {
    expect(toGameError(new TypeError('oops'))).toMatchObject({ code: 'internal', message: 'oops' })
    const error = new GameError('blocked')
    expect(toGameError(error)).toBe(error)
  })
  test('is a lost connection only if the client says so', () => {
    expect(isLost(new GameError('timeout'))).toBe(true)
    expect(isLost(fromWire({ code: 'timeout' }))).toBe(false)
  })
})

describe('a refused handshake', () => {
  test('without data is `refused`, with the words of the server', () => {
    expect(fromRefusal({ message: 'invalid token' })).toMatchObject({ code: 'refused', message: 'invalid token', temporary: false })
  })
  test('with data of another kind keeps it', () => {
    const data = { type: 'UnauthorizedError' }
    expect(fromRefusal({ message: 'x', data })).toMatchObject({ code: 'refused', details: data })
  })
  test('with a code has that code', () => {
    expect(fromRefusal({ message: 'x', data: { code: 'token_expired' } })).toMatchObject({ code: 'token_expired', message: 'x' })
  })
})
