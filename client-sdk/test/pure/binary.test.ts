import { createContext, runInContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { fromWire, toWire } from '../../src/transport/binary.ts'

const bytes = (data: unknown): number[] => [...new Uint8Array(data as ArrayBuffer)]

describe('sends to the wire', () => {
  const memory = Uint8Array.from({ length: 32 }, (_, i) => i)

  test('only the bytes of a view itself', () => {
    expect(bytes(toWire(memory.subarray(4, 8)))).toEqual([4, 5, 6, 7])
    expect(bytes(toWire(new DataView(memory.buffer, 30, 2)))).toEqual([30, 31])
    expect(bytes(toWire(new Uint16Array(memory.buffer, 8, 2)))).toEqual([8, 9, 10, 11])
    expect(bytes(toWire(new Float64Array(memory.buffer, 16, 1)))).toHaveLength(8)
    expect(bytes(toWire(new Uint8Array(0)))).toEqual([])
  })
  test('a whole buffer and text unchanged', () => {
    expect(toWire(memory.buffer)).toBe(memory.buffer)
    expect(toWire('text')).toBe('text')
  })
})

test("a buffer of another realm becomes one of ours, for the parser's `instanceof`", () => {
  const foreign = runInContext('Uint8Array.from([1, 2, 3]).buffer', createContext()) as ArrayBuffer
  expect(foreign instanceof ArrayBuffer).toBe(false)
  const ours = fromWire(foreign)
  expect(ours instanceof ArrayBuffer).toBe(true)
  expect(bytes(ours)).toEqual([1, 2, 3])
})
