import { expect, test } from 'vitest'
import { goalTable } from '../../load/bench/goals.ts'
import { sharesOf } from '../../load/bench/matches.ts'
import { readOptions } from '../../load/bench/options.ts'
import { isOn, TOGGLE_MS } from '../../load/bench/toggle-clock.ts'
import { toggleFile, toggles } from '../../load/bench/toggle.ts'

test('a goal is met or missed by its median, and goals that were not measured are left out', () => {
  const lines = goalTable(
    new Map([
      ['nodes ÷ plain Socket.IO, 400 rounds/s', [1.5, 1.7, 1.4]],
      ['nodes ÷ plain Socket.IO, saturated', [1.51, 1.4, 1.9]],
    ]),
  ).split('\n')
  expect(lines).toHaveLength(4)
  expect(lines[2]).toMatch(/≤ 1\.6 +\| 1\.50 \(1\.40–1\.70\) +\| met/)
  expect(lines[3]).toMatch(/≤ 1\.5 +\| 1\.51 \(1\.40–1\.90\) +\| missed/)
})

test('goals are printed with digits that suit their units', () => {
  const lines = goalTable(
    new Map([
      ['Redis commands per match made', [29.96, 29.9, 30.2]],
      ['reconnect storm of 1,000 players: p99 back online, ms', [2000.4, 1999.6, 3456.7]],
    ]),
  ).split('\n')
  expect(lines[2]).toMatch(/≤ 30 +\| 30\.0 \(29\.9–30\.2\) +\| met/)
  expect(lines[3]).toMatch(/≤ 2,000 +\| 2000 \(2000–3457\) +\| missed/)
})

test('costs are shared out between rounds and matches from two windows with matches of different lengths', () => {
  const costs = (rounds: number, matches: number): Record<string, number> => ({ commands: 14 * rounds + 58 * matches })
  const shares = sharesOf(
    { rounds: 6000, matches: 1000, costs: costs(6000, 1000) },
    { rounds: 4500, matches: 3000, costs: { ...costs(4500, 3000), hget: 3000 } },
  )
  expect(shares['commands']?.perRound).toBeCloseTo(14)
  expect(shares['commands']?.perMatch).toBeCloseTo(58)
  // What did not happen in one of the windows counts as zero there.
  expect(shares['hget']?.perRound).toBeCloseTo(-0.222, 3)
  expect(shares['hget']?.perMatch).toBeCloseTo(1.333, 3)
})

test('matches of one length do not show what a round costs', () => {
  const tally = (rounds: number) => ({ rounds, matches: rounds / 6, costs: { commands: rounds } })
  expect(sharesOf(tally(600), tally(6000))['commands']).toEqual({ perRound: Number.NaN, perMatch: Number.NaN })
})

test('numbers of nodes apply if they were given; otherwise each part has its own', () => {
  expect(readOptions([])?.nodes).toBeNull()
  expect(readOptions(['--only', 'cpu-light', '--nodes', '1, 4'])).toMatchObject({ parts: ['cpu-light'], nodes: [1, 4] })
  expect(() => readOptions(['--nodes', '0'])).toThrow('--nodes must be a whole number from 1')
})

test('a part that does not exist is refused; by default every part is measured, three times', () => {
  expect(() => readOptions(['--only', 'cpu,nonsense'])).toThrow('There is no part "nonsense"')
  expect(readOptions([])).toMatchObject({ repeat: 3, quick: false })
  expect(readOptions([])?.parts).toEqual(expect.arrayContaining(['cpu', 'storm', 'matches']))
  expect(readOptions(['--help'])).toBeNull()
})

test('both processes of a comparison agree which half of the time it is', () => {
  const start = 1_800_000_000_000
  const halves = Array.from({ length: 4 }, (_, index) => isOn(start + index * TOGGLE_MS))
  expect(halves).toEqual([false, true, false, true])
  expect(isOn(start + TOGGLE_MS - 1)).toBe(false)
})

test('a switch is one of the project, or a file', () => {
  expect(toggles()).toContain('pace')
  expect(toggleFile('pace')).toMatch(/toggles\/pace\.ts$/)
  expect(toggleFile('load/bench/toggles/pace.ts')).toMatch(/toggles\/pace\.ts$/)
  expect(toggleFile('package.json')).toBeNull()
  expect(toggleFile('nonsense')).toBeNull()
})

test('nodes are given settings; another version is a checkout of this project', () => {
  expect(readOptions(['--against', '.', '--with', 'RECORDER=off', '--with', 'LIMITS=match:move=1/2'])).toMatchObject({
    against: process.cwd(),
    env: { RECORDER: 'off', LIMITS: 'match:move=1/2' },
  })
  expect(() => readOptions(['--against', 'docs'])).toThrow('There is no checkout of this project in docs')
  expect(() => readOptions(['--against', '.', '--with', 'recorder'])).toThrow('--with takes NAME=VALUE, not "recorder".')
  expect(readOptions([])).toMatchObject({ against: null, env: {} })
})
