import { Writable } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { PACE, paceAt } from '../../server/src/redis/pace.ts'
import { Batcher } from '../../server/src/batcher.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())
const sleep = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)
const nextTick = (): Promise<unknown> => sleep(0)

/** A stream that records when pieces leave it, and the writes that it batches. */
function recordWrites(batcher: Batcher) {
  const sent: { at: number; text: string }[] = []
  const note = (text: string, done: () => void): void => {
    sent.push({ at: performance.now(), text })
    done()
  }
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk: string, _, done) => note(chunk, done),
    writev: (chunks, done) => note(chunks.map(({ chunk }) => String(chunk)).join(''), done),
  })
  const write = (text: string): void => {
    batcher.cork(stream)
    stream.write(text)
  }
  return { sent, write }
}

test('the writes of one tick are sent together, with those of the tasks of the tick', async () => {
  const batcher = new Batcher()
  const { sent, write } = recordWrites(batcher)
  write('a')
  batcher.before(() => write('c'))
  write('b')
  expect(sent).toEqual([])
  await nextTick()
  expect(sent.map(({ text }) => text)).toEqual(['abc'])
  write('d')
  await nextTick()
  expect(sent.map(({ text }) => text)).toEqual(['abc', 'd'])
})

test('with a pace the first write is sent at once, and then nothing is sent sooner than that', async () => {
  const batcher = new Batcher(300)
  const { sent, write } = recordWrites(batcher)
  write('a')
  await nextTick()
  expect(sent.map(({ text }) => text)).toEqual(['a'])
  for (const text of ['b', 'c', 'd']) {
    write(text)
    await sleep(5)
  }
  await sleep(284)
  expect(sent.map(({ text }) => text)).toEqual(['a'])
  await sleep(1)
  expect(sent.map(({ text }) => text)).toEqual(['a', 'bcd'])
  expect((sent[1]?.at ?? 0) - (sent[0]?.at ?? 0)).toBe(300)
  await sleep(310)
  write('e')
  await nextTick()
  expect(sent.at(-1)?.text).toBe('e')
})

test('the pace of writes to Redis follows the load, within its limits', () => {
  expect([0, PACE.idle, PACE.busy, 1].map(paceAt)).toEqual([PACE.idleMs, PACE.idleMs, PACE.busyMs, PACE.busyMs])
  const rising = [0, 0.25, 0.5, 0.75, 1].map((part) => paceAt(PACE.idle + part * (PACE.busy - PACE.idle)))
  expect(rising).toEqual([...rising].sort((one, two) => one - two))
  expect(new Set(rising).size).toBe(5)
})
