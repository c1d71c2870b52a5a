import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { RoundClock, type ClockView } from '../../../miniprogram/services/round-clock.ts'
import { textsFor } from '../../../miniprogram/services/texts.ts'
import { view } from '../../support/match-view.ts'

beforeEach(() => void vi.useFakeTimers({ now: 0 }))
afterEach(() => void vi.useRealTimers())

/** The clock of a page whose round is open if `runs` returns true. */
function clock() {
  let tick: (ms: number | null) => void = () => undefined
  const state = { runs: true, hurries: 0, overdue: false, shown: null as ClockView | null }
  const round = new RoundClock({
    client: {
      match: view(),
      countdown(listener) {
        tick = listener
        return () => undefined
      },
    },
    texts: textsFor('en'),
    runs: () => state.runs,
    onChange: (shown) => void (state.shown = shown),
    onHurry: () => void (state.hurries += 1),
    onOverdue: (overdue) => void (state.overdue = overdue),
  })
  return { state, round, tick: (ms: number | null) => tick(ms) }
}

test('the bar runs by itself from the current time of the round, and the number follows', () => {
  const { state, tick } = clock()
  tick(10_000)
  expect(state.shown).toMatchObject({ seconds: '10 s', hurry: false, barStyle: '--from: 1.000; animation-duration: 10000ms' })
  tick(5000)
  expect(state.shown).toMatchObject({ seconds: '5 s', barStyle: '--from: 1.000; animation-duration: 10000ms' })
})

test('each of the last seconds is felt once', () => {
  const { state, tick } = clock()
  for (const ms of [4000, 3400, 3200, 3000, 2800, 2000, 1000, 0]) tick(ms)
  expect(state.hurries).toBe(3)
})

test('the clock stands still while no round is open on the page, and continues with the remaining time', () => {
  const { state, round, tick } = clock()
  tick(9000)
  state.runs = false
  round.refresh()
  expect(state.shown).toMatchObject({ seconds: '', barStyle: '' })
  state.runs = true
  tick(4000)
  expect(state.shown).toMatchObject({ seconds: '4 s', barStyle: '--from: 0.400; animation-duration: 4000ms' })
})

test('a round that is not closed in time is overdue until a view of it arrives', () => {
  const { state, tick } = clock()
  tick(0)
  vi.advanceTimersByTime(1000)
  expect(state.overdue).toBe(false)
  vi.advanceTimersByTime(2000)
  expect(state.overdue).toBe(true)
  tick(9000)
  expect(state.overdue).toBe(false)
})
