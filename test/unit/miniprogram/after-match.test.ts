import { expect, test, vi } from 'vitest'
import { GameError, type GameSnapshot, type MatchView } from '../../../client-sdk/src/index.ts'
import { AfterMatch, type ResultClient } from '../../../miniprogram/services/after-match.ts'
import { fill, textsFor } from '../../../miniprogram/services/texts.ts'
import { snapshotOf, view } from '../../support/match-view.ts'

const zh = textsFor('zh_CN')
const over = (change: Partial<MatchView> = {}): MatchView => view({ status: 'finished', result: { winner: 0, reason: 'score' }, ...change })

/** The page of a match that ann has just won, on a client with given replies. */
function page(client: Partial<ResultClient> = {}) {
  const request = vi.fn(async () => ({}))
  let snapshot: GameSnapshot = snapshotOf(over(), 0)
  const after = new AfterMatch({
    client: {
      rematch: async () => null,
      headToHead: () => Promise.reject(new GameError('unavailable')),
      request: request as unknown as ResultClient['request'],
      get snapshot() {
        return snapshot
      },
      ...client,
    },
    texts: zh,
    onChange: () => undefined,
    showError: (error) => {
      throw error
    },
  })
  const take = (change: Partial<MatchView>): void => {
    snapshot = snapshotOf(over(change), 0)
    after.take(snapshot)
  }
  take({})
  return { after, take, request, view: () => after.view(snapshot) }
}

test("rematch requests of both players are told apart, with the opponent's name", () => {
  const { take, view } = page()
  expect(view()).toMatchObject({ rematch: '', wish: '' })
  take({ rematch: [false, true] })
  expect(view()).toMatchObject({ rematch: 'offered', wish: fill(zh.rematchAsked, 'bob') })
  take({ rematch: [true, false] })
  expect(view()).toMatchObject({ rematch: 'asked', wish: fill(zh.rematchWaiting, 'bob') })
})

test('a rematch request that the server withdrew says that the opponent is gone; one that the player withdrew does not', () => {
  const { after, take, view, request } = page()
  take({ rematch: [true, false] })
  after.withdraw()
  expect(request).toHaveBeenCalledWith('match:leave', { matchId: 'm' }, { repeat: true })
  // A view from before the withdrawal, with another change.
  take({ rematch: [true, false] })
  expect(view().rematch).toBe('')
  take({})
  expect(view().rematch).toBe('')
  take({ rematch: [true, false] })
  take({})
  expect(view()).toMatchObject({ rematch: 'gone', wish: fill(zh.rematchGone, 'bob') })
})

test('asking an opponent who is in another match says that they are gone', async () => {
  const { after, view } = page({ rematch: () => Promise.reject(new GameError('opponent_left')) })
  after.ask()
  await vi.waitFor(() => expect(view().rematch).toBe('gone'))
})

test('without a rematch request there is nothing to withdraw', () => {
  const { after, request } = page()
  after.withdraw()
  expect(request).not.toHaveBeenCalled()
})

test('the record against the opponent is fetched once; a streak is named from two on', async () => {
  const headToHead = vi.fn(async () => ({ wins: 3, losses: 1, draws: 0, streak: 3 }))
  const { after, view } = page({ headToHead })
  after.load()
  after.load()
  await vi.waitFor(() => expect(view()).toMatchObject({ headToHead: '你对 bob：3 胜 1 负 0 平', streak: '3 连胜' }))
  expect(headToHead.mock.calls).toEqual([['bob']])
})

test('an opponent who has left the game is gone, and back when they are', () => {
  const { take, view: shown } = page()
  const seats = (connected: boolean) => view().seats.map((seat, at) => Object.assign(seat, { connected: at === 0 || connected }))
  take({ seats: seats(false) })
  expect(shown().rematch).toBe('gone')
  take({ seats: seats(true) })
  expect(shown().rematch).toBe('')
})

test('a rematch request without a reply for long says so', () => {
  vi.useFakeTimers()
  const { take, view: shown } = page()
  take({ rematch: [true, false] })
  vi.advanceTimersByTime(15_000)
  expect(shown()).toMatchObject({ rematch: 'asked', wish: fill(zh.rematchSilent, 'bob') })
  take({})
  take({ rematch: [true, false] })
  vi.useRealTimers()
})
