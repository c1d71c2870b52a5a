import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Exit, ServiceEvents } from '../../tools/services/process.ts'
import { STALLED_MS, watchStalls, type Watched } from '../../tools/cluster/stalled-nodes.ts'

function fakeNode() {
  const node = Object.assign(new EventEmitter<ServiceEvents>(), {
    name: 'node-1',
    url: 'http://node',
    running: true,
    wanted: true,
    paused: false,
    alive: true,
    kills: 0,
    async kill(): Promise<Exit> {
      const exit: Exit = { code: null, signal: 'SIGKILL' }
      node.kills += 1
      node.running = false
      node.emit('exited', exit)
      return exit
    },
  })
  return node satisfies Watched
}

let node: ReturnType<typeof fakeNode>
let end: () => void
const lines: string[] = []
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  node = fakeNode()
  const answers = (_url: string, ms: number): Promise<boolean> =>
    node.alive ? Promise.resolve(true) : new Promise((resolve) => setTimeout(() => resolve(false), ms))
  end = watchStalls(node, { answers, note: (line) => lines.push(line) })
})
afterEach(() => {
  end()
  vi.useRealTimers()
})

test('a node that does not reply for two and a half seconds is killed, and watched again once it has started', async () => {
  await vi.advanceTimersByTimeAsync(10_000)
  expect(node.kills).toBe(0)
  node.alive = false
  await vi.advanceTimersByTimeAsync(STALLED_MS - 300)
  expect(node.kills).toBe(0)
  await vi.advanceTimersByTimeAsync(800)
  expect(node.kills).toBe(1)
  expect(lines.at(-1)).toMatch(/node-1 has not responded for 2.5 s/)
  await vi.advanceTimersByTimeAsync(10_000)
  node.running = true
  node.emit('started')
  await vi.advanceTimersByTimeAsync(STALLED_MS + 500)
  expect(node.kills).toBe(2)
})

test('a node that replies now and then is slow, not stalled', async () => {
  for (let i = 0; i < 5; i += 1) {
    node.alive = false
    await vi.advanceTimersByTimeAsync(STALLED_MS - 500)
    node.alive = true
    await vi.advanceTimersByTimeAsync(600)
  }
  expect(node.kills).toBe(0)
})

test.each(['running', 'wanted', 'paused'] as const)('a node is left alone for its %s', async (why) => {
  node.alive = false
  node[why] = why === 'paused'
  await vi.advanceTimersByTimeAsync(10_000)
  expect(node.kills).toBe(0)
})

test('no node is killed after the end of the watch', async () => {
  node.alive = false
  await vi.advanceTimersByTimeAsync(STALLED_MS - 500)
  end()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(node.kills).toBe(0)
})
