import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { processesOf } from '../support/processes.ts'
import { runProgram } from '../support/command.ts'
import { tempDir } from '../support/temp.ts'

const CHAOS = 'tools/chaos/main.ts'

const KINDS = [
  'clock back',
  'clock forward',
  'mysql drain',
  'mysql kill',
  'mysql refuse',
  'mysql stall',
  'nginx kill',
  'nginx reload',
  'node drain',
  'node kill',
  'node stall',
  'recorder drain',
  'recorder kill',
  'recorder stall',
  'redis fill',
  'redis kill',
  'redis refuse',
  'redis stall',
]

test('two minutes of faults of every kind: all records are right', async () => {
  const seed = Math.floor(Math.random() * 1_000_000)
  const { code, output } = await runProgram(CHAOS, ['--minutes', '2', '--players', '40', '--seed', String(seed)])
  expect(output).toContain('All records are right')
  expect(output).toMatch(/rounds lost +0\n/)
  expect(output).toMatch(/duplicates +0\n/)
  // Each kind of fault happened: a store that accepted a write in spite of its fault would be a difference.
  const [, faults = ''] = /faults survived +\d+: (.*)\n/.exec(output) ?? []
  expect(faults.split(', ').map((each) => each.replace(/ \d+$/, ''))).toEqual(KINDS)
  // Players saw the clock of Redis behind and ahead by at least the two seconds of the smallest step.
  const [, steps, behind, ahead] =
    /the clock of Redis +stepped (\d+) times; players saw it ([\d.]+) s behind and ([\d.]+) s ahead\n/.exec(output) ?? []
  expect(Number(steps)).toBeGreaterThanOrEqual(4)
  expect(Math.min(Number(behind), Number(ahead))).toBeGreaterThan(1.5)
  expect(output).toContain(`--seed ${seed}`)
  expect(code).toBe(0)
})

test('Ctrl-C ends the faults, checks the played matches, and leaves nothing behind', async () => {
  const dir = tempDir('chaos')
  let signalled = false
  const { code, output } = await runProgram(CHAOS, ['--minutes', '10', '--players', '10', '--seed', '5', '--data', dir], (text, kill) => {
    if (signalled || !/ 10 s /.test(text)) return
    signalled = true
    kill('SIGINT')
  })
  expect(output).toContain('All records are right')
  expect(code).toBe(0)
  expect(processesOf(dir)).toEqual([])
  expect(existsSync(`${dir}/logs/node-1.log`)).toBe(true)
})
