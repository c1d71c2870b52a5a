// `npm run chaos`: injects faults of every kind while players play, and checks what is stored.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { UsageError } from '../command-line.ts'
import { onStopSignals, runCommand } from '../command.ts'
import { FaultInjector } from './injector.ts'
import { HELP, readChaosOptions, type ChaosOptions } from './options.ts'
import { reportOf } from './report.ts'
import { runChaos } from './run.ts'

const print = (line: string): void => void process.stdout.write(`${line}\n`)

function folderOf({ data }: ChaosOptions): string {
  if (data === null) return mkdtempSync(join(tmpdir(), 'caiquan-chaos-'))
  const folder = resolve(data)
  if (existsSync(folder) && readdirSync(folder).length > 0) throw new UsageError(`${folder} is not empty: each run needs its own stores.`)
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
  let injector: FaultInjector | null = null
  onStopSignals(
    () => {
      print('\nNo more faults; checking what was played. Press Ctrl-C again to stop at once.')
      stop.abort()
    },
    async () => injector?.kill(),
  )
  print(`Starting ${options.nodes} nodes, ${options.recorders} recorders, Redis, MariaDB and nginx; data and logs: ${dataDir}`)
  injector = await FaultInjector.open(options, dataDir, (line) => print(`  ${line}`))
  let right = false
  try {
    print(`${options.players} players for ${options.minutes} minutes, seed ${options.seed}`)
    const outcome = await runChaos(options, injector, stop.signal, print)
    print(reportOf(options, outcome, injector))
    right = outcome.differences.length === 0
  } finally {
    await injector.close()
    if (right && options.data === null) rmSync(dataDir, { recursive: true, force: true })
    else print(`Data and logs: ${dataDir}`)
  }
  return right ? 0 : 1
}

await runCommand(main)
