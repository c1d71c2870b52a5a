import { expect, test } from 'vitest'
import { isOver } from '../../server/realtime/event-loop.ts'

test('a node is overloaded from its limit up, and until it is well below it', () => {
  const seconds = [0, 99, 100, 101, 80, 51, 50, 99, 250, 0]
  let over = false
  const states = seconds.map((delay) => (over = isOver(over, delay, 100)))
  expect(states).toEqual([false, false, false, true, true, true, false, false, true, false])
})
