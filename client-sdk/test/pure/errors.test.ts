import { describe, expect, test } from 'vitest'
import { ERRORS } from '../../src/errors.ts'
import { fromWire, GameError, toGameError } from '../../src/game-error.ts'

describe('an error', () => {
  test('of the catalogue says whether it passes', () => {
    for (const [code, { temporary, message }] of Object.entries(ERRORS)) {
      expect(fromWire({ code })).toMatchObject({ code, temporary, message })
    }
  })
  test('keeps what the server added', () => {
    expect(fromWire({ code: 'rate_limited', message: 'slow down', retryAfterMs: 700 })).toMatchObject({
      message: 'slow down',
      retryAfterMs: 700,
    })
  })
  test.each([null, undefined, 'text', 7, {}, { code: 'no such code' }, { code: 'toString' }])('%j is no code', (shape) => {
    expect(fromWire(shape).code).toBe('internal')
  })
  test('of the client passes, unless somebody meant it', () => {
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
})
