import { afterEach, expect, test, vi } from 'vitest'
import { asCatalogueError, outageRetryMs } from '../../server/src/errors.ts'

afterEach(() => void vi.restoreAllMocks())

test('callers of an outage are not all told to come back at the same instant', () => {
  const away = (): number => asCatalogueError(new Error('Connection is closed.')).retryAfterMs ?? 0
  const waits = Array.from({ length: 200 }, away)
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(1000)
  expect(Math.max(...waits)).toBeLessThanOrEqual(2000)
  // Spread over the whole second.
  expect(new Set(waits.map((ms) => Math.floor(ms / 100))).size).toBeGreaterThan(8)
  vi.spyOn(Math, 'random').mockReturnValue(0.25)
  expect(outageRetryMs()).toBe(1250)
})
