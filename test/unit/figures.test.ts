import { expect, test } from 'vitest'
import { quantile, spread } from '../../tools/play/figures.ts'

test.each([
  [[30, 10, 20], 0, 10],
  [[30, 10, 20], 0.5, 20],
  [[30, 10, 20], 0.99, 30],
  [[30, 10, 20], 1, 30],
  [[10, 20], 0.5, 10],
  [[10, 20], 0.51, 20],
])('of %o a share of %d does not exceed %d', (values, q, value) => expect(quantile(values, q)).toBe(value))

test('without values there is no quantile', () => {
  expect(quantile([], 0.5)).toBeNaN()
  expect(spread([])).toBe('none')
})

test('figures are readable', () => {
  expect(spread(Array.from({ length: 2000 }, (_, index) => index + 1))).toBe('p50 1.00 s, p99 1.98 s, at most 2.00 s (2,000 values)')
})
