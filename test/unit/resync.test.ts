import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { MatchView } from '../../client-sdk/src/protocol.ts'
import { createLog } from '../../server/src/log.ts'
import { expectViews, startResync } from '../../server/src/realtime/resync.ts'
import type { GameServer, GameSocket } from '../../server/src/realtime/types.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())
const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

/** The part of a socket that the watch reads. */
function fakeSocket(): { socket: GameSocket; deliver(view: Partial<MatchView>): void } {
  let listener: (event: string, view: unknown) => void = () => undefined
  const socket = {
    id: 's',
    data: { player: { id: 'me' }, ready: Promise.resolve() },
    onAnyOutgoing: (each: typeof listener) => (listener = each),
  } as unknown as GameSocket
  expectViews(socket)
  return { socket, deliver: (view) => listener('match', { seats: [{ player: { id: 'me' } }], ...view }) }
}
const log = createLog({ LOG_LEVEL: 'silent', NODE_NAME: 'test' })
const serverOf = (...sockets: GameSocket[]): GameServer =>
  ({ sockets: { sockets: new Map(sockets.map((socket, index) => [String(index), socket])) } }) as unknown as GameServer

test('a socket that gets no view after a deadline is shown its match, again and again until that works', async () => {
  const { socket, deliver } = fakeSocket()
  const shown: number[] = []
  const end = startResync({
    io: serverOf(socket),
    log,
    async show() {
      shown.push(performance.now())
      if (shown.length === 1) throw new Error('Connection is closed.')
      deliver({ status: 'finished', deadlineAt: null })
    },
  })
  const begun = performance.now()
  deliver({ status: 'playing', serverTime: 1000, deadlineAt: 1100 })
  // 100 ms to the deadline, 1,500 ms of tolerance, and the next look.
  await pass(1599)
  expect(shown).toEqual([])
  await pass(501)
  expect(shown).toHaveLength(1)
  expect((shown[0] ?? 0) - begun).toBeGreaterThanOrEqual(1600)
  await pass(2000)
  expect(shown).toHaveLength(2)
  await pass(60_000)
  expect(shown).toHaveLength(2)
  end()
  expect(vi.getTimerCount()).toBe(0)
})

test('views in time, matches of other players, and ends need no resync', async () => {
  const { socket, deliver } = fakeSocket()
  let shown = 0
  const end = startResync({
    io: serverOf(socket),
    log,
    async show() {
      shown += 1
    },
  })
  deliver({ seats: [{ player: { id: 'somebody' } }] as unknown as MatchView['seats'], status: 'playing', serverTime: 1000, deadlineAt: 0 })
  deliver({ status: 'playing', serverTime: 1000, deadlineAt: 11_000 })
  await pass(10_000)
  deliver({ status: 'finished', deadlineAt: null })
  await pass(60_000)
  end()
  expect(shown).toBe(0)
})
