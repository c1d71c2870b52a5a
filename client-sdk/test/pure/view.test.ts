import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fateOf, seatOf, selectView } from '../../src/client/view.ts'
import { view } from '../support/views.ts'

describe('which view to keep', () => {
  test('of one match the highest version, in whatever order and however often they come', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (versions) => {
        const kept = versions.map((version) => view({ version })).reduce((current, incoming) => selectView(current, incoming, 'me'))
        expect(kept.version).toBe(Math.max(...versions))
      }),
    )
  })
  test('of one match the later state, when the server went back to an earlier one', () => {
    const current = view({ version: 7, serverTime: 100, moved: [true, false] })
    for (const back of [view({ version: 6, serverTime: 101 }), view({ version: 7, serverTime: 101, moved: [false, true] })]) {
      expect(selectView(current, back, 'me')).toBe(back)
    }
    for (const late of [
      view({ version: 6, serverTime: 100 }),
      view({ version: 6, serverTime: 99 }),
      view({ version: 7, serverTime: 101, moved: [true, false] }),
    ]) {
      expect(selectView(current, late, 'me')).toBe(current)
    }
  })
  test('a new match replaces one that is over', () => {
    const over = view({ id: 'old', status: 'finished', serverTime: 9 })
    expect(selectView(over, view({ id: 'new', serverTime: 1 }), 'me').id).toBe('new')
  })
  test('a late view of an old match does not bring it back', () => {
    const now = view({ id: 'new', serverTime: 200 })
    expect(selectView(now, view({ id: 'old', serverTime: 100, version: 99 }), 'me').id).toBe('new')
    expect(selectView(now, view({ id: 'old', serverTime: 300, status: 'finished' }), 'me').id).toBe('new')
  })
  test("one's own match comes before a watched one, and others do not come unasked", () => {
    const watched = view({ id: 'theirs', players: ['x', 'y'] })
    expect(selectView(watched, view({ id: 'mine' }), 'me').id).toBe('mine')
    expect(selectView(view({ id: 'mine' }), { ...watched, serverTime: 1e12 }, 'me').id).toBe('mine')
    expect(selectView(watched, view({ id: 'third', players: ['u', 'v'], serverTime: 1e12 }), 'me').id).toBe('theirs')
  })
})

test('a seat is found by the player, a spectator has none', () => {
  expect(seatOf(view(), 'me')).toBe(0)
  expect(seatOf(view({ players: ['other', 'me'] }), 'me')).toBe(1)
  expect(seatOf(view({ players: ['x', 'y'] }), 'me')).toBeNull()
  expect(seatOf(null, 'me')).toBeNull()
  expect(seatOf(view(), undefined)).toBeNull()
})

describe('the information of a view about a move', () => {
  const fate = (changes: Parameters<typeof view>[0]) => fateOf(view(changes), 0, 'm', 2, 'rock')
  const last = (round: number, move: 'rock' | 'paper' | null) => ({ round, moves: [move, 'paper'], winner: 1, reason: 'moves' }) as const

  test('in the open round', () => {
    // The view does not say which move: it may be one from before the app was restarted.
    expect(fate({ round: 2, moved: [true, false] })).toBe('unknown')
    expect(fate({ round: 2, moved: [false, true] })).toBe('missing')
  })
  test('in the round just decided', () => {
    expect(fate({ round: 3, lastRound: { ...last(2, 'rock'), moves: ['rock', 'paper'] } })).toBe('counted')
    expect(fate({ round: 3, lastRound: { ...last(2, null), moves: [null, 'paper'] } })).toBe('superseded')
    expect(fate({ round: 3, lastRound: { ...last(2, 'paper'), moves: ['paper', 'paper'] } })).toBe('superseded')
  })
  test('when the match ended in its round without it', () => {
    expect(fate({ round: 2, status: 'finished' })).toBe('superseded')
  })
  test('nothing certain, if it is older, rounds later or of another match', () => {
    expect(fate({ round: 1 })).toBe('unknown')
    expect(fate({ round: 5, lastRound: { ...last(4, 'rock'), moves: ['rock', 'paper'] } })).toBe('unknown')
    expect(fate({ id: 'other', round: 2, moved: [true, true] })).toBe('unknown')
  })
})
