import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ASSUMED, MEASURED, needsOf, withTables } from '../../load/capacity.ts'

test('docs/capacity.md agrees with the model: npm run docs:capacity updates it', () => {
  const page = readFileSync(new URL('../../docs/capacity.md', import.meta.url), 'utf8')
  expect(withTables(page)).toBe(page)
  expect(page).toContain('| rounds a second')
})

test('twice the players need twice the rounds, and twice the resources of rounds', () => {
  const [one, two] = [needsOf(1_000_000), needsOf(2_000_000)]
  for (const key of ['roundsPerSecond', 'nodeMemoryGib', 'clientGbits', 'diskGibPerDay'] as const)
    expect(two[key] / one[key]).toBeCloseTo(2)
  expect(one.roundsPerSecond).toBeCloseTo((1_000_000 * ASSUMED.shareInMatch) / 2 / ASSUMED.roundSeconds)
})

test('players who are connected and do not play cost only their connections', () => {
  const idle = needsOf(100_000, MEASURED, { ...ASSUMED, shareInMatch: 0 })
  expect(idle).toMatchObject({ roundsPerSecond: 0, nodes: 5, redisPrimaries: 0, mysqlCores: 0, recorders: 0 })
})
