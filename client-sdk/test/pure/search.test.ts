import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Search } from '../../src/client/search.ts'
import { GameError } from '../../src/game-error.ts'
import { view } from '../support/views.ts'

function searcher(...replies: GameError[]) {
  const sent: string[] = []
  const state = { up: true }
  const search = new Search({
    send: (request) => {
      sent.push(request.mode)
      const error = replies.shift()
      return error ? Promise.reject(error) : Promise.resolve({ state: 'queued' })
    },
    up: () => state.up,
    onChange: () => undefined,
    heartbeatMs: 5000,
  })
  return { search, sent, state }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('a search beats while it lasts, and ends with the match', async () => {
  const { search, sent } = searcher()
  const found = search.start({ mode: 'casual' })
  await vi.advanceTimersByTimeAsync(14_999)
  expect(sent).toHaveLength(3)
  search.onMatch(view())
  expect((await found).id).toBe('m')
  expect(search.request).toBeNull()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(sent).toHaveLength(3)
  expect(vi.getTimerCount()).toBe(0)
})

test('nothing is sent without a connection, and at once with a new one', async () => {
  const { search, sent, state } = searcher()
  void search.start({ mode: 'casual' }).catch(() => undefined)
  await vi.advanceTimersByTimeAsync(0)
  state.up = false
  await vi.advanceTimersByTimeAsync(60_000)
  expect(sent).toHaveLength(1)
  state.up = true
  search.onUp()
  expect(sent).toHaveLength(2)
})

test('temporary trouble does not end it, a refusal does', async () => {
  const { search, sent } = searcher(new GameError('unavailable'), new GameError('rate_limited', '', 2000), new GameError('bad_request'))
  const refused = expect(search.start({ mode: 'casual' })).rejects.toMatchObject({ code: 'bad_request' })
  await vi.advanceTimersByTimeAsync(1000)
  expect(sent).toHaveLength(2)
  await vi.advanceTimersByTimeAsync(1999)
  expect(sent).toHaveLength(2)
  await vi.advanceTimersByTimeAsync(1)
  expect(sent).toHaveLength(3)
  await refused
})

test('a new search replaces the old one', async () => {
  const { search, sent } = searcher()
  const first = expect(search.start({ mode: 'casual' })).rejects.toMatchObject({ code: 'cancelled' })
  void search.start({ mode: 'ranked' }).catch(() => undefined)
  await first
  await vi.advanceTimersByTimeAsync(0)
  expect(sent).toEqual(['casual', 'ranked'])
  search.stop(new GameError('closed'))
  expect(vi.getTimerCount()).toBe(0)
})
