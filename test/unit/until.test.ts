import { expect, test } from 'vitest'
import { until, untilClient } from '../../tools/until.ts'

test('a condition is checked until it holds, and an error means not yet', async () => {
  let asked = 0
  const holds = () => {
    asked += 1
    if (asked === 1) throw new Error('not there')
    return asked === 3
  }
  expect(await until(holds, 5000, 1)).toBe(true)
  expect(asked).toBe(3)
})

test('it is checked once even without time, and given up at the end of the time', async () => {
  expect(await until(() => true, 0)).toBe(true)
  expect(await until(async () => false, 20, 5)).toBe(false)
})

test('a condition on a client is checked when the client changes, and given up when the signal says so', async () => {
  const listeners = new Set<() => void>()
  const client = {
    subscribe(listener: () => void) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  let round = 1
  const { signal } = new AbortController()
  expect(await untilClient(client, () => round === 1, signal)).toBe(true)
  const second = untilClient(client, () => round === 2, signal)
  round = 2
  listeners.forEach((listener) => listener())
  expect(await second).toBe(true)
  const stop = new AbortController()
  const never = untilClient(client, () => false, stop.signal)
  stop.abort()
  expect(await never).toBe(false)
  expect(await untilClient(client, () => true, stop.signal)).toBe(false)
  expect(listeners.size).toBe(0)
})
