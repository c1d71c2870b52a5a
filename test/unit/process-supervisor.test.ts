import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Exit, ServiceEvents } from '../../tools/services/process.ts'
import { backoffMs, supervise, type Supervised } from '../../tools/cluster/process-supervisor.ts'

const CRASH: Exit = { code: null, signal: 'SIGKILL' }

/** A service that comes up at once, or never. */
function fakeService() {
  const service = Object.assign(new EventEmitter<ServiceEvents>(), {
    name: 'fake',
    logFile: 'fake.log',
    wanted: true,
    starts: 0,
    broken: false,
    async start() {
      service.starts += 1
      if (service.broken) {
        service.emit('exited', { code: 1, signal: null })
        throw new Error('fake is broken')
      }
      service.emit('started')
    },
  })
  return service satisfies Supervised
}

let service: ReturnType<typeof fakeService>
let lines: string[]
let end: () => void
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  service = fakeService()
  lines = []
  end = supervise(service, (line) => lines.push(line))
})
afterEach(() => {
  end()
  vi.useRealTimers()
})

test('the delay doubles up to half a minute', () => {
  expect([0, 1, 2, 3, 7, 8, 50].map(backoffMs)).toEqual([200, 400, 800, 1600, 25_600, 30_000, 30_000])
})

test('a service that ends is started again, and this is reported', async () => {
  service.emit('exited', CRASH)
  expect(lines).toEqual(['fake ended (signal SIGKILL): starting it again in 0.2 s (log: fake.log)'])
  await vi.advanceTimersByTimeAsync(199)
  expect(service.starts).toBe(0)
  await vi.advanceTimersByTimeAsync(1)
  expect(service.starts).toBe(1)
  expect(lines[1]).toBe('fake runs again')
})

test('a service that keeps failing is started ever more slowly, and each failure is reported', async () => {
  service.broken = true
  service.emit('exited', CRASH)
  await vi.advanceTimersByTimeAsync(200 + 400 + 800)
  expect(service.starts).toBe(3)
  expect(lines.filter((line) => line === 'fake is broken')).toHaveLength(3)
  expect(lines.at(-2)).toContain('again in 1.6 s')
})

test('a minute of running makes up for earlier failures', async () => {
  service.emit('exited', CRASH)
  await vi.advanceTimersByTimeAsync(200)
  service.emit('exited', CRASH)
  await vi.advanceTimersByTimeAsync(400)
  await vi.advanceTimersByTimeAsync(61_000)
  service.emit('exited', CRASH)
  expect(lines.at(-1)).toContain('again in 0.2 s')
})

test('a service that was stopped on purpose stays stopped, also if that happens during the delay', async () => {
  service.wanted = false
  service.emit('exited', CRASH)
  await vi.advanceTimersByTimeAsync(60_000)
  service.wanted = true
  service.emit('exited', CRASH)
  service.wanted = false
  await vi.advanceTimersByTimeAsync(60_000)
  expect(service.starts).toBe(0)
})

test('a supervisor that has ended does nothing', async () => {
  service.emit('exited', CRASH)
  end()
  service.emit('exited', CRASH)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(service.starts).toBe(0)
})
