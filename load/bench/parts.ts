/** The parts that have a measurement of their own. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeBinary } from '../../tools/services/node.ts'
import { of, type Bench } from './bench.ts'
import { collectIn, measureIdle, type IdleMemory } from './measure.ts'
import { measureRecorder, type RecorderFigures } from './recorder.ts'
import { show, spreadOf, table } from './statistics.ts'
import { startCaiquan, startPlain } from './subjects.ts'

/** Both environments; options for Node that either of them has are given together. */
function withOptions(one: Record<string, string>, two: Record<string, string>): Record<string, string> {
  const options = [one, two].flatMap(({ NODE_OPTIONS }) => NODE_OPTIONS ?? [])
  return { ...one, ...two, ...(options.length > 0 ? { NODE_OPTIONS: options.join(' ') } : {}) }
}

export async function memory(bench: Bench): Promise<void> {
  const connections = bench.quick ? 2000 : 10_000
  const dir = mkdtempSync(join(tmpdir(), 'caiquan-memory-'))
  const env = collectIn(dir)
  const results = new Map<string, IdleMemory[]>([
    ['plain Socket.IO', []],
    ['1 node', []],
  ])
  try {
    for (let repetition = 1; repetition <= bench.repeat; repetition += 1) {
      for (const [name, start] of [
        ['plain Socket.IO', () => startPlain({ env })],
        ['1 node', () => startCaiquan({ nodes: 1, env: withOptions(bench.env, env), loginApart: true })],
      ] as const) {
        bench.progress(`memory: ${name}, ${connections} connections (${repetition} of ${bench.repeat})`)
        const subject = await start()
        try {
          const figures = await measureIdle(subject, connections, dir)
          bench.note('memory', name, repetition, figures)
          results.get(name)?.push(figures)
        } finally {
          await subject.close()
        }
      }
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
  const yardstick = results.get('plain Socket.IO') ?? []
  const timesPlain = (runs: IdleMemory[]): number[] => runs.map(({ bytes }, index) => bytes / (yardstick[index]?.bytes ?? bytes))
  bench.goal('memory of an idle connection ÷ plain Socket.IO', timesPlain(results.get('1 node') ?? []))
  bench.print(
    `\nMemory of an idle connection at ${connections}, KiB (proportional set size of the node after a garbage collection, and ` +
      `the part of it that is in use on the heap; median and range of ${bench.repeat}):\n`,
  )
  bench.print(
    table(
      ['', 'KiB', '× plain', 'heap in use'],
      [...results].map(([name, runs]) => [
        name,
        of(runs, ({ bytes }) => bytes / 1024, 1),
        show(spreadOf(timesPlain(runs)), 2),
        of(runs, ({ heapBytes }) => heapBytes / 1024, 1),
      ]),
    ),
  )
}

export async function recorder(bench: Bench): Promise<void> {
  const matches = bench.quick ? 2000 : 20_000
  const runs: RecorderFigures[] = []
  for (let repetition = 1; repetition <= bench.repeat; repetition += 1) {
    bench.progress(`recorder: ${matches} matches of six rounds (${repetition} of ${bench.repeat})`)
    const figures = await measureRecorder(matches, bench.quick ? 200 : 2000)
    bench.note('recorder', 'recorder', repetition, figures)
    runs.push(figures)
  }
  bench.print(`\nOne recorder that drains ${matches} matches of six rounds (median and range of ${bench.repeat}):\n`)
  bench.print(
    table(
      ['rounds/s', 'rounds/s per core of the recorder', 'MySQL, µs per round', 'disk, bytes per round'],
      [
        [
          of(runs, (run) => run.roundsPerSecond),
          of(runs, (run) => run.roundsPerCore),
          of(runs, (run) => run.mysql),
          of(runs, (run) => run.bytes),
        ],
      ],
    ),
  )
}

export function matchmaking(bench: Bench): void {
  bench.progress('matchmaking')
  const script = join(import.meta.dirname, '../matchmaking.ts')
  const { status } = spawnSync(nodeBinary(), [script, ...(bench.quick ? ['--rate', '200', '--seconds', '4'] : [])], { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}
