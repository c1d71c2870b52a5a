import { expect, test } from 'vitest'
import { goalTable } from '../../load/bench/goals.ts'
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
