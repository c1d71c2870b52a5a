import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Listeners } from '../../src/util/listeners.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('one listener that throws is heard of, and keeps nobody from listening', () => {
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

test('listeners that come and go while others are told change nothing for those', () => {
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
  expect(heard).toEqual(['first', 'second'])
  listeners.emit()
  expect(heard).toEqual(['first', 'second', 'late'])
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
