import { expect, test, vi } from 'vitest'
import type { WxApi, WxSocketTask } from '../../src/host/wx-api.ts'
import { dialWx } from '../../src/transport/wx-socket.ts'

const task = () => ({ send: vi.fn(), close: vi.fn(), onOpen: vi.fn(), onMessage: vi.fn(), onError: vi.fn(), onClose: vi.fn() })
const events = () => ({ open: vi.fn(), message: vi.fn(), error: vi.fn(), close: vi.fn() })
const hostOf = (connectSocket: () => unknown): WxApi => ({ connectSocket }) as unknown as WxApi

test('a socket that a framework delivers after it was given up is closed', async () => {
  const late = task()
  let handOver: (task: WxSocketTask) => void = () => undefined
  const listeners = events()
  const socket = dialWx(
    hostOf(() => new Promise<WxSocketTask>((resolve) => (handOver = resolve))),
    'wss://x',
    {},
    listeners,
  )
  socket.close()
  handOver(late)
  await Promise.resolve()
  expect(late.close).toHaveBeenCalled()
  expect(listeners.error).not.toHaveBeenCalled()
})

test.each([
  ['nothing', () => undefined],
  ['something else', () => ({})],
])('a connectSocket that returns %s reports what is wrong', (_, connectSocket) => {
  const listeners = events()
  dialWx(hostOf(connectSocket), 'wss://x', {}, listeners)
  expect(listeners.error.mock.calls[0]?.[0]).toContain('no SocketTask')
})

test('a promise of a socket that fails is an error of the socket', async () => {
  const listeners = events()
  dialWx(
    hostOf(() => Promise.reject(Object.assign(new Error('x'), { errMsg: 'connectSocket:fail' }))),
    'wss://x',
    {},
    listeners,
  )
  await new Promise((resolve) => setTimeout(resolve, 0))
  expect(listeners.error.mock.calls).toEqual([['connectSocket:fail', expect.anything()]])
})
