import { expect, test } from 'vitest'
import { backoff } from '../../src/connection/backoff.ts'
import { TIMING } from '../../src/connection/timing.ts'

test('the wait doubles up to the cap, and half of it is chance', () => {
  const waits = [0, 1, 2, 3, 4, 5, 20].map((failures) => backoff(failures, 1, TIMING))
  expect(waits).toEqual([250, 500, 1000, 2000, 2500, 2500, 2500])
  expect(backoff(3, 0, TIMING)).toBe(1000)
})

test('only long trouble leads to long waits', () => {
  expect(backoff(TIMING.patience - 1, 1, TIMING)).toBe(2500)
  expect(backoff(TIMING.patience, 1, TIMING)).toBe(10_000)
  expect(backoff(1e9, 1, TIMING)).toBe(10_000)
})
