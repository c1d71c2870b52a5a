import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Listeners } from '../../src/util/listeners.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('one listener that throws is reported, and does not stop the others', () => {
  const received: string[] = []
  const listeners = new Listeners<[string]>()
  listeners.add(() => {
    throw new Error('mine')
  })
  listeners.add((word) => received.push(word))
  listeners.emit('a')
  expect(received).toEqual(['a'])
  expect(() => vi.runAllTimers()).toThrow('mine')
})

test('a listener that was just removed is not called, and one that was just added gets only later events', () => {
  const received: string[] = []
  const listeners = new Listeners<[]>()
  const off = listeners.add(() => {
    received.push('first')
    off()
    offSecond()
    listeners.add(() => received.push('late'))
  })
  const offSecond = listeners.add(() => received.push('second'))
  listeners.emit()
  expect(received).toEqual(['first'])
  listeners.emit()
  expect(received).toEqual(['first', 'late'])
})

test('all listeners get all events in order, also those that one of them causes', () => {
  const received: string[] = []
  const listeners = new Listeners<[number]>()
  listeners.add((n) => {
    received.push(`a${n}`)
    if (n === 1) listeners.emit(2)
  })
  listeners.add((n) => {
    received.push(`b${n}`)
    if (n === 2) listeners.emit(3)
  })
  listeners.emit(1)
  expect(received).toEqual(['a1', 'b1', 'a2', 'b2', 'a3', 'b3'])
})

test('the same listener twice is two listeners', () => {
  let count = 0
  const listeners = new Listeners<[]>()
  const once = (): void => void count++
  const off = listeners.add(once)
  listeners.add(once)
  off()
  off()
  listeners.emit()
  expect(count).toBe(1)
})
