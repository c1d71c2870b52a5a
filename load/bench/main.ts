/**
 * `npm run bench`: what a round costs, how many rounds per second are possible, and how soon players see them, compared with the same game
 * in one process of plain Socket.IO. Everything is real: nodes, Redis with AOF, MariaDB, nginx with TLS.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { readOrExit } from '../../tools/command-line.ts'
import { ROOT } from '../../tools/services/node.ts'
import { compareVersions } from './against.ts'
import { Bench, HEAVY } from './bench.ts'
import { cpu, cpuLight, latency, latencyFull, saturation } from './comparisons.ts'
import { goalTable } from './goals.ts'
import { matches } from './matches.ts'
import { HELP, readOptions, type Part } from './options.ts'
import { matchmaking, memory, recorder } from './parts.ts'
import { profile } from './profile.ts'
import { storm } from './storm.ts'
import { compareToggle } from './toggle.ts'

const RUN: Record<Part, (bench: Bench) => Promise<void> | void> = {
  cpu,
  'cpu-light': cpuLight,
  saturation,
  latency,
  'latency-full': latencyFull,
  memory,
  recorder,
  storm,
  matches,
  matchmaking,
}

const options = readOrExit(HELP, () => readOptions())
const { quick, json, toggle, against } = options
const bench = new Bench(options)
const print = (line?: string): void => bench.print(line)

print(
  `${cpus()[0]?.model.trim() ?? 'processor unknown'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ` +
    process.version,
)
if (toggle !== null) await compareToggle(toggle, bench.load({ ...HEAVY, seconds: quick ? 10 : 120 }), print)
else if (against !== null) {
  const load = bench.load({ ...HEAVY, seconds: quick ? 4 : 10 })
  await compareVersions({ dir: against, env: bench.env, load, windows: quick ? 2 : 6, print })
} else if (options.profile) await profile(bench.load({ ...HEAVY, seconds: quick ? 5 : 15 }), join(ROOT, '.data/profile'), print)
else for (const part of options.parts) await RUN[part](bench)
if (bench.goals.size > 0) print(`\nGoals (medians of ${bench.repeat}):\n\n${goalTable(bench.goals)}`)
if (json) {
  mkdirSync(dirname(json), { recursive: true })
  writeFileSync(json, `${JSON.stringify(bench.measurements, null, 2)}\n`)
}
