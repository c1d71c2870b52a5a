// `npm run chaos`: breaks everything, again and again, and checks the books.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { UsageError } from '../command-line.ts'
import { onStopSignals, runCommand } from '../command.ts'
import { Arena } from './injector.ts'
import { HELP, readChaosOptions, type ChaosOptions } from './options.ts'
import { reportOf } from './report.ts'
import { runChaos } from './run.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)

function folderOf({ data }: ChaosOptions): string {
  if (data === null) return mkdtempSync(join(tmpdir(), 'caiquan-chaos-'))
  const folder = resolve(data)
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new UsageError(`${folder} is not empty: the books of a run must be its own.`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return folder
}

async function main(): Promise<number> {
  const options = readChaosOptions(process.argv.slice(2))
  if (!options) {
    process.stdout.write(HELP)
    return 0
  }
  const dataDir = folderOf(options)
  const stop = new AbortController()
  let arena: Arena | null = null
  onStopSignals(
    () => {
      say('\nNo more faults; what was played is checked. Once more to stop at once.')
      stop.abort()
    },
    async () => arena?.kill(),
  )
  say(`Starting ${options.nodes} nodes, ${options.recorders} recorders, Redis, MariaDB and nginx; data and logs: ${dataDir}`)
  arena = await Arena.open(options, dataDir, (line) => say(`  ${line}`))
  let right = false
  try {
    say(`${options.players} players for ${options.minutes} minutes, seed ${options.seed}`)
    const outcome = await runChaos(options, arena, stop.signal, say)
    say(reportOf(options, outcome, arena))
    right = outcome.differences.length === 0
  } finally {
    await arena.close()
    if (right && options.data === null) rmSync(dataDir, { recursive: true, force: true })
    else say(`Data and logs: ${dataDir}`)
  }
  return right ? 0 : 1
}

await runCommand(main)
