import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { BEGIN_MS, COUNT_MS, ENDING_MS, Reveal, SHOWN_MS, type Phase } from '../../../miniprogram/services/reveal.ts'
import type { MatchView } from '../../../client-sdk/src/index.ts'
import { view } from '../../support/match-view.ts'

beforeEach(() => void vi.useFakeTimers({ now: 0 }))
afterEach(() => void vi.useRealTimers())

/** A view in which this many rounds are decided. */
const after = (rounds: number, change: Partial<MatchView> = {}): MatchView =>
  view({
    round: rounds + 1,
    lastRound: rounds === 0 ? null : { round: rounds, moves: ['rock', 'paper'], winner: 1, reason: 'moves' },
    ...change,
  })

/** A reveal of a running match, and all that it shows: round and phase, with the time of each change. */
function watched(first = after(0)) {
  const changes: [number, Phase, number][] = []
  const note = (): void => {
    const { match, phase } = reveal.stage
    const last = changes.at(-1)
    const round = match?.lastRound?.round ?? 0
    if (last?.[1] !== phase || last[2] !== round) changes.push([Date.now(), phase, round])
  }
  const reveal = new Reveal({ serverNow: () => Date.now(), onChange: note })
  const take = (match: MatchView): void => {
    reveal.take(match)
    note()
  }
  take(first)
  return { reveal, take, changes }
}

test('a decided round is counted in, then both hands are shown, then the next round opens', () => {
  const { take, changes } = watched()
  take(after(1))
  vi.runAllTimers()
  expect(changes).toEqual([
    [0, 'open', 0],
    [0, 'count', 1],
    [COUNT_MS, 'reveal', 1],
    [COUNT_MS + SHOWN_MS, 'open', 1],
  ])
  expect(SHOWN_MS).toBeGreaterThanOrEqual(1500)
})

test('the page opens no round before the server does', () => {
  const { take, changes } = watched()
  take(after(1, { opensAt: 5000 }))
  vi.runAllTimers()
  expect(changes.at(-1)).toEqual([5000, 'open', 1])
})

test('however fast rounds are decided, each is shown in turn and for its time', () => {
  const { take, changes } = watched()
  take(after(1))
  vi.advanceTimersByTime(100)
  take(after(2))
  take(after(2, { version: 9 }))
  vi.advanceTimersByTime(100)
  take(after(3, { status: 'finished', result: { winner: 1, reason: 'score' } }))
  vi.runAllTimers()
  const each = COUNT_MS + SHOWN_MS
  expect(changes).toEqual([
    [0, 'open', 0],
    [0, 'count', 1],
    [COUNT_MS, 'reveal', 1],
    [each, 'count', 2],
    [each + COUNT_MS, 'reveal', 2],
    [2 * each, 'count', 3],
    [2 * each + COUNT_MS, 'reveal', 3],
    [3 * each, 'over', 3],
  ])
})

test('moves of the next round do not cut the reveal short', () => {
  const { take, changes } = watched()
  take(after(1))
  vi.advanceTimersByTime(COUNT_MS + 10)
  take(view({ ...after(1), version: 2 }, [true, false]))
  vi.runAllTimers()
  expect(changes.at(-1)).toEqual([COUNT_MS + SHOWN_MS, 'open', 1])
})

test('after an end without a further round, a tap that was on its way hits nothing', () => {
  const { take, changes } = watched()
  take(after(0, { status: 'finished', result: { winner: 0, reason: 'forfeit' } }))
  vi.runAllTimers()
  expect(changes).toEqual([
    [0, 'open', 0],
    [0, 'ending', 0],
    [ENDING_MS, 'over', 0],
  ])
})

test('a page that opens later shows the current state of the match, and waits for a round that is not open yet', () => {
  expect(watched(after(2)).changes).toEqual([[0, 'open', 2]])
  expect(watched(after(2, { status: 'finished', result: { winner: 1, reason: 'score' } })).changes).toEqual([[0, 'over', 2]])
  const { changes } = watched(after(1, { opensAt: 700 }))
  vi.runAllTimers()
  expect(changes).toEqual([
    [0, 'reveal', 1],
    [700, 'open', 1],
  ])
})

test('another match, and one that went back after a fail-over, begin from the start', () => {
  const { take, changes } = watched()
  take(after(1))
  take(after(0, { id: 'another' }))
  vi.runAllTimers()
  expect(changes).toEqual([
    [0, 'open', 0],
    [0, 'count', 1],
    [0, 'open', 0],
  ])
})

test('a match that replaces a result opens only after the time of a double tap', () => {
  const { take, changes } = watched(after(2, { status: 'finished', result: { winner: 1, reason: 'score' } }))
  take(after(0, { id: 'another' }))
  vi.runAllTimers()
  expect(changes).toEqual([
    [0, 'over', 2],
    [0, 'reveal', 0],
    [BEGIN_MS, 'open', 0],
  ])
})
