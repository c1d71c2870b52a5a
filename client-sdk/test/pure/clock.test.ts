import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { NO_CLOCK, observe, offsetOf } from '../../src/client/clock.ts'

test('knows nothing at first', () => {
  expect(offsetOf(NO_CLOCK)).toBe(0)
})

test('whatever the latencies, the true offset stays within the bounds', () => {
  const sample = fc.record({ at: fc.nat(1e6), there: fc.nat(2000), back: fc.nat(2000), asked: fc.boolean() })
  fc.assert(
    fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.array(sample, { minLength: 1 }), (offset, samples) => {
      let clock = NO_CLOCK
      for (const { at, there, back, asked } of samples) {
        const serverTime = at + there + offset
        clock = observe(clock, serverTime, at + there + back, asked ? at : undefined)
        expect(clock.atLeast).toBeLessThanOrEqual(offset)
        expect(clock.atMost).toBeGreaterThanOrEqual(offset)
      }
    }),
  )
})

test('replies narrow it down to half the fastest round trip', () => {
  let clock = observe(NO_CLOCK, 5100, 1000 + 1000, 1000)
  clock = observe(clock, 6050, 2000 + 60, 2000)
  expect(Math.abs(offsetOf(clock) - 4000)).toBeLessThanOrEqual(30)
})

test('a clock that was set counts from then on', () => {
  let clock = observe(NO_CLOCK, 10_000, 10_020, 9_980)
  expect(offsetOf(clock)).toBe(0)
  clock = observe(clock, 11_000, 3_611_020, 3_610_980)
  expect(offsetOf(clock)).toBe(-3_600_000)
})
