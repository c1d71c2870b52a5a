import { Writable } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { PACE, paceAt } from '../../server/src/redis/pace.ts'
import { Batcher } from '../../server/src/batcher.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())
const sleep = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)
const nextTurn = (): Promise<unknown> => sleep(0)

/** A stream that records when pieces leave it, and the writes that it batches. */
function gather(turn: Batcher) {
  const left: { at: number; text: string }[] = []
  const note = (text: string, done: () => void): void => {
    left.push({ at: performance.now(), text })
    done()
  }
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk: string, _, done) => note(chunk, done),
    writev: (chunks, done) => note(chunks.map(({ chunk }) => String(chunk)).join(''), done),
  })
  const write = (text: string): void => {
    turn.cork(stream)
    stream.write(text)
  }
  return { left, write }
}

test('the writes of one tick are sent together, with those of the tasks of the tick', async () => {
  const turn = new Batcher()
  const { left, write } = gather(turn)
  write('a')
  turn.before(() => write('c'))
  write('b')
  expect(left).toEqual([])
  await nextTurn()
  expect(left.map(({ text }) => text)).toEqual(['abc'])
  write('d')
  await nextTurn()
  expect(left.map(({ text }) => text)).toEqual(['abc', 'd'])
})

test('with a pace the first write is sent at once, and then nothing is sent sooner than that', async () => {
  const turn = new Batcher(300)
  const { left, write } = gather(turn)
  write('a')
  await nextTurn()
  expect(left.map(({ text }) => text)).toEqual(['a'])
  for (const text of ['b', 'c', 'd']) {
    write(text)
    await sleep(5)
  }
  await sleep(284)
  expect(left.map(({ text }) => text)).toEqual(['a'])
  await sleep(1)
  expect(left.map(({ text }) => text)).toEqual(['a', 'bcd'])
  expect((left[1]?.at ?? 0) - (left[0]?.at ?? 0)).toBe(300)
  await sleep(310)
  write('e')
  await nextTurn()
  expect(left.at(-1)?.text).toBe('e')
})

test('the pace of writes to Redis follows the load, within its limits', () => {
  expect([0, PACE.idle, PACE.busy, 1].map(paceAt)).toEqual([PACE.idleMs, PACE.idleMs, PACE.busyMs, PACE.busyMs])
  const rising = [0.2, 0.3, 0.4, 0.5, 0.6].map(paceAt)
  expect(rising).toEqual([...rising].sort((one, two) => one - two))
  expect(new Set(rising).size).toBe(5)
})
