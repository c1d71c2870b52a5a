import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { processesOf } from '../support/processes.ts'
import { runProgram } from '../support/command.ts'
import { tempDir } from '../support/temp.ts'

const CHAOS = 'ops/chaos/main.ts'

test('two minutes of faults: the books are right', async () => {
  const seed = Math.floor(Math.random() * 1_000_000)
  const { code, output } = await runProgram(CHAOS, ['--minutes', '2', '--players', '40', '--seed', String(seed)])
  expect(output).toContain('The books are right')
  expect(output).toMatch(/rounds lost +0\n/)
  expect(output).toMatch(/duplicates +0\n/)
  expect(output).toContain(`--seed ${seed}`)
  expect(code).toBe(0)
})

test('Ctrl-C ends the faults, checks what was played, and leaves nothing behind', async () => {
  const dir = tempDir('chaos')
  let told = false
  const { code, output } = await runProgram(CHAOS, ['--minutes', '10', '--players', '10', '--seed', '5', '--data', dir], (text, kill) => {
    if (told || !/ 10 s /.test(text)) return
    told = true
    kill('SIGINT')
  })
  expect(output).toContain('The books are right')
  expect(code).toBe(0)
  expect(processesOf(dir)).toEqual([])
  expect(existsSync(`${dir}/logs/node-1.log`)).toBe(true)
})
