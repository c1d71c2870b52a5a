import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Listeners } from '../../src/util/listeners.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('one listener that throws is reported, and does not stop the others', () => {
  const heard: string[] = []
  const listeners = new Listeners<[string]>()
  listeners.add(() => {
    throw new Error('mine')
  })
  listeners.add((word) => heard.push(word))
  listeners.emit('a')
  expect(heard).toEqual(['a'])
  expect(() => vi.runAllTimers()).toThrow('mine')
})

test('a listener that was just removed is not called, and one that was just added gets only later events', () => {
  const heard: string[] = []
  const listeners = new Listeners<[]>()
  const off = listeners.add(() => {
    heard.push('first')
    off()
    offSecond()
    listeners.add(() => heard.push('late'))
  })
  const offSecond = listeners.add(() => heard.push('second'))
  listeners.emit()
  expect(heard).toEqual(['first'])
  listeners.emit()
  expect(heard).toEqual(['first', 'late'])
})

test('all listeners get everything in order, also what one of them causes', () => {
  const heard: string[] = []
  const listeners = new Listeners<[number]>()
  listeners.add((n) => {
    heard.push(`a${n}`)
    if (n === 1) listeners.emit(2)
  })
  listeners.add((n) => {
    heard.push(`b${n}`)
    if (n === 2) listeners.emit(3)
  })
  listeners.emit(1)
  expect(heard).toEqual(['a1', 'b1', 'a2', 'b2', 'a3', 'b3'])
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
