import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { nodeBinary, ROOT } from '../../tools/services/node.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'caiquan-telemetry-'))
  cpSync(join(ROOT, 'server/src/telemetry.ts'), join(dir, 'telemetry.ts'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** A package that does nothing but show that it was loaded. */
function fake(name: string, file: string, text: string): void {
  const folder = join(dir, 'node_modules', name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name, type: 'module', exports: { [`./${file.replace(/\.js$/, '')}`]: `./${file}` } }),
  )
  writeFileSync(join(folder, file), text)
}
const run = async (env: Record<string, string>): Promise<string> => {
  const { stdout } = await promisify(execFile)(nodeBinary(), ['--import', join(dir, 'telemetry.ts'), '-e', 'console.log("game")'], { env })
  return stdout
}

test('without an endpoint nothing is loaded', async () => {
  fake('@opentelemetry/auto-instrumentations-node', 'register.js', 'console.log("traces")')
  expect(await run({})).toBe('game\n')
})

test('with an endpoint the instrumentations come before the game', async () => {
  fake('@opentelemetry/auto-instrumentations-node', 'register.js', 'console.log("traces")')
  fake('@opentelemetry/instrumentation', 'hook.mjs', '')
  expect(await run({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' })).toBe('traces\ngame\n')
})

test('with an endpoint but without the packages the process names the missing packages', async () => {
  await expect(run({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' })).rejects.toMatchObject({
    stderr: expect.stringContaining('@opentelemetry/auto-instrumentations-node is not installed'),
  })
})
