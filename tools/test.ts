// `npm test -- <arguments>`: the arguments go to vitest, for example the name of a file or `--project unit`.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { nodeBinary, ROOT } from './services/node.ts'

// Tests that take minutes run only on request: `npm run test:long`.
const args = process.argv.slice(2)
const projects = args.some((arg) => arg.startsWith('--project')) ? [] : ['--project=!long']
const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
const child = spawn(nodeBinary(), [vitest, 'run', ...projects, ...args], { cwd: ROOT, stdio: 'inherit' })
// A Ctrl-C at the terminal reaches vitest too, which then cleans up: wait for it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (signal !== 'SIGINT') child.kill(signal)
  })
}
child.once('error', (error) => {
  process.stderr.write(`vitest does not start: ${error.message}\n`)
  process.exitCode = 1
})
child.once('exit', (code) => {
  process.exitCode = code ?? 1
})
