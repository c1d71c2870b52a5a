import { expect, test } from 'vitest'
import { Bucket, createLimiter } from '../../server/src/limits.ts'

test('a burst passes, then the rate; the result is when to come back', () => {
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

test('of keys that are used, the one used longest ago is forgotten, not the one that came first', () => {
  let now = 0
  const limiter = createLimiter(2, () => now)
  const rate = { perSecond: 0.0001, burst: 1 }
  limiter.take('first', rate)
  now = 2000
  limiter.take('second', rate)
  now = 4000
  // It is refused, but counts as used.
  expect(limiter.take('first', rate)).toBeGreaterThan(0)
  now = 6000
  limiter.take('third', rate)
  expect(limiter.take('first', rate)).toBeGreaterThan(0)
  expect(limiter.take('second', rate)).toBe(0)
})

test('a single bucket fills up again, and not beyond its burst', () => {
  let now = 0
  const bucket = new Bucket({ perSecond: 10, burst: 100 }, () => now)
  expect(bucket.take(100)).toBe(true)
  expect(bucket.take(1)).toBe(false)
  now = 1000
  expect(bucket.take(10)).toBe(true)
  expect(bucket.take(1)).toBe(false)
  now = 1_000_000
  expect(bucket.take(101)).toBe(false)
  expect(bucket.take(100)).toBe(true)
})

test('all allowances of a key draw on one bucket, which is also that of the key itself', () => {
  const limiter = createLimiter(10, () => 0)
  const rate = { perSecond: 1, burst: 4 }
  const [one, two] = [limiter.allowance('a', rate), limiter.allowance('a', rate)]
  expect([one.take(), two.take(), limiter.take('a', rate), limiter.allowance('a', rate).take()]).toEqual([0, 0, 0, 0])
  expect([one.take(), two.take(), limiter.take('a', rate)].every((ms) => ms === 1000)).toBe(true)
  expect(limiter.allowance('b', rate).take()).toBe(0)
})

test('an allowance that is used keeps its bucket from being forgotten', () => {
  let now = 0
  const limiter = createLimiter(2, () => now)
  const rate = { perSecond: 0.0001, burst: 1 }
  const first = limiter.allowance('first', rate)
  first.take()
  now = 2000
  limiter.take('second', rate)
  now = 4000
  expect(first.take()).toBeGreaterThan(0)
  limiter.take('third', rate)
  expect(limiter.take('first', rate)).toBeGreaterThan(0)
  expect(limiter.take('second', rate)).toBe(0)
})
