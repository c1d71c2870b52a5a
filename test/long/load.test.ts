import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runProgram } from '../support/command.ts'
import { processesOf } from '../support/processes.ts'
import { tempDir } from '../support/temp.ts'

const LOAD = 'load/main.ts'
const htmlIn = (dir: string): string => readFileSync(join(dir, readdirSync(dir).find((name) => name.endsWith('.html')) ?? 'none'), 'utf8')

test.each(['play', 'rooms', 'storm', 'idle'])('%s: forty players come and go, and the report says so', async (scenario) => {
  const out = tempDir(`load-${scenario}`)
  const { code, output } = await runProgram(LOAD, [
    scenario,
    '--players',
    '40',
    '--seconds',
    '20',
    '--data',
    join(out, 'none'),
    '--out',
    out,
  ])
  // Whatever else a machine has to do, no player may be lost; how long things take depends on the machine.
  const missed = output.split('\n').filter((line) => line.startsWith('MISSED'))
  expect(missed.filter((line) => !line.includes('_ms.'))).toEqual([])
  expect(output).toContain('ok      players_online >= 40')
  expect(code).toBe(missed.length ? 1 : 0)
  const html = htmlIn(out)
  expect(html).toContain(missed.length ? '>failed<' : '>passed<')
  expect(html.match(/<svg /g)?.length).toBeGreaterThan(7)
  expect(html).not.toMatch(/(?:src|href)=/)
})

test('a threshold that is missed fails the run', async () => {
  const out = tempDir('load-missed')
  // One of three players stays without an opponent, and there is time for one match.
  const { code, output } = await runProgram(LOAD, [
    'play',
    '--players',
    '3',
    '--seconds',
    '5',
    '--ramp',
    '1',
    '--think',
    '8-9',
    '--data',
    join(out, 'none'),
    '--out',
    out,
  ])
  expect(output).toContain('MISSED  matches_seen >= 3: it is 2')
  expect(code).toBe(1)
})

test('Ctrl-C stops players and cluster, and leaves nothing behind', async () => {
  const out = tempDir('load-stopped')
  let signalled = false
  const { code, output } = await runProgram(
    LOAD,
    ['idle', '--players', '10', '--seconds', '300', '--data', join(out, 'none'), '--out', out],
    (text, kill) => {
      if (signalled || !text.includes(' 10 connected')) return
      signalled = true
      kill('SIGINT')
    },
  )
  expect(output).toContain('Stopping.')
  expect(code).toBe(130)
  expect(processesOf(out)).toEqual([])
})
