import { expect, test } from 'vitest'
import { createLimiter } from '../../server/limits.ts'

test('a burst passes, then the rate; the answer is when to come back', () => {
  let now = 0
  const limiter = createLimiter(10, () => now)
  const rate = { perSecond: 2, burst: 3 }
  expect([1, 2, 3].map(() => limiter.take('a', rate))).toEqual([0, 0, 0])
  expect(limiter.take('a', rate)).toBe(500)
  expect(limiter.take('b', rate)).toBe(0)
  now = 500
  expect(limiter.take('a', rate)).toBe(0)
  expect(limiter.take('a', rate)).toBe(500)
})

test('memory is bounded: the key longest unused is forgotten', () => {
  const limiter = createLimiter(2, () => 0)
  const rate = { perSecond: 1, burst: 1 }
  limiter.take('a', rate)
  limiter.take('b', rate)
  limiter.take('c', rate)
  expect(limiter.take('c', rate)).toBeGreaterThan(0)
  expect(limiter.take('a', rate)).toBe(0)
})
