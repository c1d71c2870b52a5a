// `npm run check:release`: checks a checkout as a reviewer of WeChat would.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { runCommand } from '../command.ts'
import { ROOT } from '../services/node.ts'
import { parseCommandLine, readOrExit, UsageError } from '../command-line.ts'
import { CheckoutError, readCheckout } from './checkout.ts'
import { CHECKS, type ServerEnvironment } from './checks.ts'

const HELP = `Usage: npm run check:release -- [--project FOLDER] [--env FILE]

Checks what WeChat or its reviewers would refuse, and prints a list. Ends with 1 if something is to be done.

  --project FOLDER   what WeChat DevTools opens: miniprogram (the default), minigame, or any other such folder
  --env FILE         the environment of the server, as NAME=value lines; without it, that of this command
  --help             this text
`

function environment(file: string | undefined): ServerEnvironment {
  if (file === undefined) return process.env
  try {
    return parseEnv(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new UsageError(`--env: ${error instanceof Error ? error.message : String(error)}`)
  }
}

await runCommand(async () => {
  const { project, env } = readOrExit(HELP, () => {
    const { values } = parseCommandLine('npm run check:release', {
      options: { project: { type: 'string', default: 'miniprogram' }, env: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    })
    return values.help ? null : values
  })
  const checkout = readCheckout(project === 'miniprogram' || project === 'minigame' ? join(ROOT, project) : project)
  const server = environment(env)
  const checks = CHECKS.filter((check) => check.for.includes(checkout.kind))
  const bad = checks.flatMap((check) => {
    const problems = check.run(checkout, server)
    process.stdout.write(`${problems.length === 0 ? '✓' : '✗'} ${check.title}\n${problems.map((problem) => `    ${problem}\n`).join('')}`)
    return problems
  })
  process.stdout.write(
    bad.length === 0
      ? 'All checks pass. docs/publishing.md says what only you can do in the console of WeChat.\n'
      : `${bad.length} to do. docs/publishing.md says more.\n`,
  )
  return bad.length === 0 ? 0 : 1
}, [CheckoutError])
