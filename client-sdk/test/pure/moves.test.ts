import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Moves, type HeldMove } from '../../src/client/moves.ts'
import { GameError } from '../../src/game-error.ts'
import { view } from '../support/views.ts'

/** Replies of a server, one after the other; the sent moves are in `sent`. */
function createMoves(...replies: (number | GameError | 'pending')[]) {
  const sent: HeldMove[] = []
  const state = { up: true }
  const moves = new Moves({
    send: (move) => {
      sent.push(move)
      const reply = replies.shift() ?? 'pending'
      if (reply === 'pending') return new Promise(() => undefined)
      return reply instanceof GameError ? Promise.reject(reply) : Promise.resolve({ version: reply })
    },
    up: () => state.up,
    onVersion: () => undefined,
  })
  return { moves, sent, state }
}
const lost = new GameError('disconnected')

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('a move', () => {
  test('is done once the server has stored it', async () => {
    const { moves, sent } = createMoves(7)
    await moves.hold('m', 1, 'rock')
    expect(sent).toMatchObject([{ matchId: 'm', round: 1, move: 'rock' }])
  })

  test('waits for a connection and is sent with it', async () => {
    const { moves, sent, state } = createMoves(7)
    state.up = false
    const stored = moves.hold('m', 1, 'rock')
    expect(sent).toHaveLength(0)
    state.up = true
    moves.onUp()
    await stored
    expect(sent).toHaveLength(1)
  })

  test('is repeated after a lost acknowledgement, as the very same move', async () => {
    const { moves, sent } = createMoves(lost, new GameError('timeout'), 7)
    await moves.hold('m', 1, 'rock')
    expect(sent).toHaveLength(3)
    expect(new Set(sent.map(({ round, move }) => `${round} ${String(move)}`)).size).toBe(1)
  })

  test('is not sent twice at a time', () => {
    const { moves, sent } = createMoves('pending')
    void moves.hold('m', 1, 'rock')
    moves.onUp()
    moves.onUp()
    expect(sent).toHaveLength(1)
  })

  test('waits as long as the server asks for', async () => {
    const { moves, sent } = createMoves(new GameError('rate_limited', '', 900), 7)
    const stored = moves.hold('m', 1, 'rock')
    await vi.advanceTimersByTimeAsync(899)
    expect(sent).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    await stored
    expect(sent).toHaveLength(2)
  })

  test("is rejected with the server's reason", async () => {
    const { moves } = createMoves(new GameError('not_your_match'))
    await expect(moves.hold('m', 1, 'rock')).rejects.toMatchObject({ code: 'not_your_match' })
  })

  test('is not taken for done because there is a move: that may be another one, from before a restart', async () => {
    const { moves } = createMoves(new GameError('already_moved'))
    const stored = moves.hold('m', 1, 'rock')
    moves.onView(view({ version: 3, moved: [true, false] }), 0)
    await expect(stored).rejects.toMatchObject({ code: 'already_moved' })
  })

  test('is done when the round was decided with it, and refused when without', async () => {
    const round = (mine: 'rock' | null) =>
      view({ version: 4, round: 2, lastRound: { round: 1, moves: [mine, 'paper'], winner: 1, reason: 'moves' } })
    const first = createMoves('pending')
    const counted = first.moves.hold('m', 1, 'rock')
    first.moves.onView(round('rock'), 0)
    await counted
    const second = createMoves('pending')
    const missed = second.moves.hold('m', 1, 'rock')
    second.moves.onView(round(null), 0)
    await expect(missed).rejects.toMatchObject({ code: 'stale_round' })
  })

  test('is sent again if a later view shows that the server has lost it', async () => {
    const { moves, sent } = createMoves(5, 8)
    await moves.hold('m', 1, 'rock')
    moves.onView(view({ version: 4 }), 0)
    expect(sent).toHaveLength(1)
    moves.onView(view({ version: 6 }), 0)
    expect(sent).toHaveLength(2)
  })
})

describe('a server that went back to an earlier state', () => {
  const decided = (round: number, mine: 'rock' | 'paper') =>
    view({ deadlineAt: 1, version: 4 + round, round: round + 1, lastRound: { round, moves: [mine, 'paper'], winner: 1, reason: 'moves' } })

  test('the acknowledgement of a move gets the move again', async () => {
    const { moves, sent } = createMoves(5, 5)
    await moves.hold('m', 1, 'rock')
    moves.onView(view({ deadlineAt: 1, version: 5, moved: [true, false] }), 0)
    moves.onView(view({ deadlineAt: 1, version: 4 }), 0, true)
    expect(sent).toHaveLength(2)
  })

  test('the decision of a round gets the same move again, and so on with the next', async () => {
    const { moves, sent } = createMoves(5, 6, 5, 6)
    await moves.hold('m', 1, 'rock')
    moves.onView(decided(1, 'rock'), 0)
    await moves.hold('m', 2, 'paper')
    moves.onView(decided(2, 'paper'), 0)
    moves.onView(view({ deadlineAt: 1, version: 4 }), 0, true)
    await vi.advanceTimersByTimeAsync(0)
    expect(moves.moveOf('m', 1)).toBe('rock')
    moves.onView(decided(1, 'rock'), 0)
    await vi.advanceTimersByTimeAsync(0)
    expect(sent.map(({ round, move }) => [round, move])).toEqual([
      [1, 'rock'],
      [2, 'paper'],
      [1, 'rock'],
      [2, 'paper'],
    ])
    moves.onView(
      view({ deadlineAt: 1, version: 9, round: 3, lastRound: { round: 2, moves: ['paper', 'paper'], winner: null, reason: 'moves' } }),
      0,
    )
    expect(sent).toHaveLength(4)
  })

  test('gets a move for which it was not ready, once it is', async () => {
    const { moves, sent } = createMoves(5, new GameError('stale_round'), 5, 7)
    await moves.hold('m', 1, 'rock')
    moves.onView(decided(1, 'rock'), 0)
    await expect(moves.hold('m', 2, 'paper')).rejects.toMatchObject({ code: 'stale_round' })
    moves.onView(view({ deadlineAt: 1, version: 4 }), 0, true)
    await vi.advanceTimersByTimeAsync(0)
    moves.onView(decided(1, 'rock'), 0)
    await vi.advanceTimersByTimeAsync(0)
    expect(sent.map(({ round, move }) => [round, move])).toEqual([
      [1, 'rock'],
      [2, 'paper'],
      [1, 'rock'],
      [2, 'paper'],
    ])
  })

  test('gets no move that it refused, and none of another match', async () => {
    const { moves, sent } = createMoves(new GameError('bad_request'), 5)
    await expect(moves.hold('m', 1, 'rock')).rejects.toMatchObject({ code: 'bad_request' })
    moves.onView(view({ deadlineAt: 1, version: 4 }), 0, true)
    await moves.hold('other', 1, 'rock')
    moves.onView(view({ deadlineAt: 1, version: 3 }), 0, true)
    expect(sent).toHaveLength(2)
  })
})

describe('a second move in the same round', () => {
  test('that is the same is the same move', async () => {
    const { moves, sent } = createMoves(5)
    const first = moves.hold('m', 1, 'rock')
    expect(moves.hold('m', 1, 'rock')).toBe(first)
    await first
    expect(sent).toHaveLength(1)
  })
  test('that differs is refused without asking', async () => {
    const { moves, sent } = createMoves('pending')
    void moves.hold('m', 1, 'rock')
    await expect(moves.hold('m', 1, 'paper')).rejects.toMatchObject({ code: 'already_moved' })
    expect(sent).toHaveLength(1)
    expect(moves.moveOf('m', 1)).toBe('rock')
  })
  test('may differ after the first was refused', async () => {
    const { moves } = createMoves(new GameError('bad_request'), 6)
    await expect(moves.hold('m', 1, 'rock')).rejects.toMatchObject({ code: 'bad_request' })
    await moves.hold('m', 1, 'paper')
  })
})

test('the end of the client ends the wait', async () => {
  const { moves } = createMoves('pending')
  const stored = moves.hold('m', 1, 'rock')
  moves.close(new GameError('closed'))
  await expect(stored).rejects.toMatchObject({ code: 'closed' })
  expect(vi.getTimerCount()).toBe(0)
})
