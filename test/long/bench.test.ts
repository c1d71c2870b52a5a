import { expect, test } from 'vitest'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram } from '../support/command.ts'
import { tempDir } from '../support/temp.ts'

test('every part of the benchmark runs, plays without an error, and prints its measurements', async () => {
  const file = join(tempDir('bench'), 'bench.json')
  const { code, output } = await runProgram('load/bench/main.ts', ['--quick', '--json', file])
  expect(code, output).toBe(0)
  const measurements = JSON.parse(readFileSync(file, 'utf8')) as { part: string; figures: { roundsPerSecond?: number; faults?: object } }[]
  expect(new Set(measurements.map(({ part }) => part))).toEqual(
    new Set(['cpu', 'saturation', 'latency', 'memory', 'recorder', 'storm', 'matches']),
  )
  for (const { part, figures } of measurements) {
    expect(figures.faults ?? {}, part).toEqual({})
    if (!['memory', 'storm', 'matches'].includes(part)) expect(figures.roundsPerSecond, part).toBeGreaterThan(1)
  }
  for (const title of [
    'Processor time of one round',
    'Rounds per second',
    'From the second move',
    'Memory of an idle connection',
    'One recorder',
    'Reconnect storm: 200 players',
    'What a match costs besides its rounds',
    'Redis commands, those of scripts included',
  ])
    expect(output).toContain(title)
})

test('a part that does not exist is named, with the existing ones', async () => {
  const { code, output } = await runProgram('load/bench/main.ts', ['--only', 'nonsense'])
  expect(code).toBe(2)
  expect(output).toContain('There is no part "nonsense"')
  expect(output).toContain('saturation')
})

test('a profile names functions, system calls and Redis commands by the round', async () => {
  const { code, output } = await runProgram('load/bench/main.ts', ['--profile', '--quick'])
  expect(code, output).toBe(0)
  for (const title of ['Self time of functions, µs per round', 'System calls of the node per round', 'Commands of Redis per round'])
    expect(output).toContain(title)
  expect(output).toContain('use `perf` for the share of the kernel')
  expect(output).toMatch(/\| writev +\| \d+\.\d +\|/)
  expect(output).toMatch(/\| evalsha +\| [12]\.\d\d/)
})

test('a switch is compared with itself, for each process', async () => {
  const { code, output } = await runProgram('load/bench/main.ts', ['--toggle', 'pace', '--quick'])
  expect(code, output).toBe(0)
  expect(output).toMatch(/\| nodes +\| \d+ +\| \d+ +\| -?\d+ ± \d+/)
  expect(output).toMatch(/\| redis +\| \d+ +\| \d+ /)
})

test('a switch that does not exist is named, with the existing ones', async () => {
  const { code, output } = await runProgram('load/bench/main.ts', ['--toggle', 'nonsense'])
  expect(code).toBe(2)
  expect(output).toContain('There is no switch "nonsense": name a file, or one of one-core, pace.')
})
