/**
 * `npm run bench`: what a round costs, how many rounds per second are possible, and how soon players see them, compared with the same game
 * in one process of plain Socket.IO. Everything is real: nodes, Redis with AOF, MariaDB, nginx with TLS.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { parseCommandLine, readNumber, readOrExit, UsageError } from '../../tools/command-line.ts'
import { ROOT, nodeBinary } from '../../tools/services/node.ts'
import { collectIn, measureIdle, measurePlay, type IdleMemory, type Load, type Measured } from './measure.ts'
import { goalTable, type Goal, type GoalFigures } from './goals.ts'
import { profile } from './profile.ts'
import { measureRecorder, type RecorderFigures } from './recorder.ts'
import { show, spreadOf, table } from './statistics.ts'
import { startCaiquan, startColyseus, startPlain, type Subject } from './subjects.ts'
import { compareToggle, toggleFile, toggles } from './toggle.ts'

const PARTS = {
  cpu: 'processor time of a round at 400 rounds/s per node, for 1 and 2 nodes, compared with Colyseus; messages from other nodes',
  'cpu-light': 'the same at 100 rounds/s a node, for 1, 2, 4 and 8 nodes',
  saturation: 'rounds per second when nobody thinks, everything recorded',
  latency: 'from the second move to both views at 250 rounds/s, direct and through nginx with TLS',
  'latency-full': 'the same at 1,000 rounds/s, which two cores cannot sustain',
  memory: 'memory of an idle connection',
  recorder: 'rounds per second that one recorder records in MySQL',
  matchmaking: 'how long players wait for an opponent',
} as const
type Part = keyof typeof PARTS

const HELP = `Usage: npm run bench -- [--quick] [--only PART,PART] [--repeat N] [--json FILE]
       npm run bench -- --toggle NAME
       npm run bench -- --profile

  --quick        small numbers: does it run, and about how much (5 minutes)
  --only PARTS   only these, separated by commas:
${Object.entries(PARTS)
  .map(([name, what]) => `                   ${name.padEnd(12)} ${what}`)
  .join('\n')}
  --repeat N     how often each is measured, one after the other in turn (3; with --quick 1)
  --nodes LIST   numbers of nodes that \`cpu\` measures, separated by commas (1,2)
  --json FILE    also write every single measurement there
  --toggle NAME  instead of all that: one node with a switch off and on in turn, every 0.4 s, for two minutes. NAME is one of
                 load/bench/toggles (${toggles().join(', ')}) or a file that exports a \`toggle\` with \`on\` and \`off\`
  --profile      instead of all that: one node at 400 rounds/s; its CPU profile, system calls and Redis commands per round, as
                 tables and as a file in .data/profile
  --help         this

It starts what it measures and stops it again; all traffic stays on this machine. The players' clients run on it too:
they are in no figure of processor time, but they take from what is left for the servers.
`

/** At 400 rounds per second, the load of most comparisons. */
const HEAVY = { players: 600, thinkMs: 1000 }

interface Options {
  quick: boolean
  parts: Part[]
  repeat: number
  json: string | undefined
  nodes: number[]
  /** The module of a switch. */
  toggle: string | null
  profile: boolean
}

/** @throws UsageError */
function readOptions(): Options | null {
  const { values } = parseCommandLine('npm run bench', {
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      repeat: { type: 'string' },
      json: { type: 'string' },
      nodes: { type: 'string', default: '1,2' },
      toggle: { type: 'string' },
      profile: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) return null
  const { quick, json, profile: profiled } = values
  const parts = values.only ? values.only.split(',').map((part) => part.trim()) : Object.keys(PARTS)
  const wrong = parts.find((part) => !(part in PARTS))
  if (wrong !== undefined) throw new UsageError(`There is no part "${wrong}".`)
  const repeat = readNumber('--repeat', values.repeat ?? (quick ? '1' : '3'), 1, 1000)
  const nodes = values.nodes.split(',').map((text) => readNumber('--nodes', text.trim(), 1, 1000))
  const toggle = values.toggle === undefined ? null : toggleFile(values.toggle)
  if (values.toggle !== undefined && toggle === null)
    throw new UsageError(`There is no switch "${values.toggle}": name a file, or one of ${toggles().join(', ')}.`)
  return { quick, parts: parts as Part[], repeat, json, nodes, toggle, profile: profiled }
}

interface Case {
  name: string
  start(): Promise<Subject>
  load: Load
}

const chosen = readOrExit(HELP, readOptions)
const { quick, parts, repeat, json } = chosen
const measurements: { part: Part; name: string; repetition: number; figures: unknown }[] = []
const goals: GoalFigures = new Map()
const print = (line = ''): void => void process.stdout.write(`${line}\n`)
const progress = (line: string): void => void process.stderr.write(`  ${new Date().toTimeString().slice(0, 8)} ${line}\n`)

const plain = (): Promise<Subject> => startPlain()
const direct = (): Promise<Subject> => startPlain({ record: true })
const nodesOf =
  (nodes: number, nginx = false) =>
  (): Promise<Subject> =>
    startCaiquan({ nodes, nginx })

/** Every case once, then every case again: what slows the machine down for a while slows all of them. */
async function interleave(part: Part, cases: Case[]): Promise<Map<string, Measured[]>> {
  const results = new Map<string, Measured[]>(cases.map(({ name }) => [name, []]))
  for (let repetition = 1; repetition <= repeat; repetition += 1) {
    for (const { name, start, load } of cases) {
      progress(`${part}: ${name}, ${load.players} players (${repetition} of ${repeat})`)
      const subject = await start()
      try {
        const figures = await measurePlay(subject, load)
        for (const [fault, count] of Object.entries(figures.faults)) progress(`${name}: ${count} × ${fault}`)
        measurements.push({ part, name, repetition, figures })
        results.get(name)?.push(figures)
      } finally {
        await subject.close()
      }
    }
  }
  return results
}

const of = (runs: Measured[], pick: (run: Measured) => number, digits = 0): string => show(spreadOf(runs.map(pick)), digits)
const sum = ({ cpu }: Measured): number => Object.values(cpu).reduce((total, each) => total + each, 0)
/** Relative to the same repetition of the yardstick. */
const ratio = (runs: Measured[], yardstick: Measured[], pick: (run: Measured) => number): string =>
  show(spreadOf(runs.map((run, index) => pick(run) / pick(yardstick[index] ?? run))), 2)

/** Notes the measurements of a goal: in each repetition, a figure relative to that of a yardstick. */
function goal(name: Goal, runs: Measured[] | undefined, yardstick: Measured[] | undefined, pick: (run: Measured) => number): void {
  if (quick || !runs || !yardstick || runs.length === 0) return
  goals.set(
    name,
    runs.map((run, index) => pick(run) / pick(yardstick[index] ?? run)),
  )
}
const nodesOfRun = (run: Measured): number => run.cpu['nodes'] ?? 0

const COLYSEUS = {
  'Colyseus, messages': () => startColyseus('messages'),
  'Colyseus, schema': () => startColyseus('schema'),
}

/** @param perNode players of each node */
async function cpuAt(perNode: number, counts: number[], withColyseus = false): Promise<Map<string, Measured[]>> {
  const load = (nodes: number): Load => ({ players: perNode * nodes, thinkMs: 1000, seconds: quick ? 4 : 15 })
  const cases: Case[] = [
    { name: 'plain Socket.IO', start: plain, load: load(1) },
    ...(withColyseus ? Object.entries(COLYSEUS).map(([name, start]) => ({ name, start, load: load(1) })) : []),
    ...counts.map((nodes) => ({ name: `${nodes} node${nodes > 1 ? 's' : ''}`, start: nodesOf(nodes), load: load(nodes) })),
  ]
  const results = await interleave('cpu', cases)
  const yardstick = results.get('plain Socket.IO') ?? []
  print(`\nProcessor time of one round, µs (${perNode} players per node who think up to 1 s; median and range of ${repeat}):\n`)
  print(
    table(
      ['', 'rounds/s', 'nodes', '× plain', 'Redis', 'MySQL', 'all', 'messages per node', 'bytes to clients', 'bytes at Redis'],
      [...results].map(([name, runs]) => [
        name,
        of(runs, (run) => run.roundsPerSecond),
        of(runs, nodesOfRun),
        ratio(runs, yardstick, nodesOfRun),
        of(runs, (run) => run.cpu['redis'] ?? Number.NaN),
        of(runs, (run) => run.cpu['mysql'] ?? Number.NaN),
        of(runs, sum),
        of(runs, (run) => run.messages, 2),
        of(runs, (run) => run.wireBytes),
        of(runs, (run) => run.redisBytes),
      ]),
    ),
  )
  return results
}

/** As many nodes as the machine can hold. */
async function cpuLight(): Promise<void> {
  if (quick) return
  const light = await cpuAt(150, [1, 2, 4, 8])
  goal('nodes ÷ plain Socket.IO, 100 rounds/s', light.get('1 node'), light.get('plain Socket.IO'), nodesOfRun)
}

/** The load per node is what the machine can hold with two nodes. */
async function cpu(): Promise<void> {
  const heavy = await cpuAt(quick ? 60 : HEAVY.players, chosen.nodes, true)
  goal('nodes ÷ Colyseus with messages, 400 rounds/s', heavy.get('1 node'), heavy.get('Colyseus, messages'), nodesOfRun)
  goal('nodes ÷ plain Socket.IO, 400 rounds/s', heavy.get('1 node'), heavy.get('plain Socket.IO'), nodesOfRun)
  goal('nodes + Redis + MySQL ÷ plain Socket.IO, 400 rounds/s', heavy.get('1 node'), heavy.get('plain Socket.IO'), sum)
}

async function saturation(): Promise<void> {
  const load: Load = { players: quick ? 100 : 400, thinkMs: 0, seconds: quick ? 4 : 10 }
  const results = await interleave('saturation', [
    { name: 'plain Socket.IO', start: plain, load },
    { name: 'plain, each round into MySQL', start: direct, load },
    ...Object.entries(COLYSEUS).map(([name, start]) => ({ name, start, load })),
    { name: '1 node', start: nodesOf(1), load },
    { name: '3 nodes', start: nodesOf(3), load },
  ])
  const yardstick = results.get('plain, each round into MySQL') ?? []
  goal('nodes ÷ plain Socket.IO, saturated', results.get('1 node'), results.get('plain Socket.IO'), nodesOfRun)
  const rate = (run: Measured): number => run.roundsPerSecond
  print(
    `\nRounds per second when nobody thinks (${load.players} players, whose clients share the ${cpus().length} cores; median and ` +
      `range of ${repeat}):\n`,
  )
  print(
    table(
      ['', 'rounds/s', '× into MySQL', 'nodes, µs a round', 'MySQL behind, s'],
      [...results].map(([name, runs]) => [
        name,
        of(runs, rate),
        ratio(runs, yardstick, rate),
        of(runs, nodesOfRun),
        name.includes('node') ? of(runs, (run) => run.lag, 2) : '–',
      ]),
    ),
  )
}

async function latencyAt(players: number): Promise<void> {
  const load: Load = { players, thinkMs: 800, seconds: quick ? 4 : 15 }
  const results = await interleave('latency', [
    { name: 'plain Socket.IO', start: plain, load },
    { name: '3 nodes', start: nodesOf(3), load },
    { name: '3 nodes behind nginx with TLS', start: nodesOf(3, true), load },
  ])
  if (players === 300) {
    goal('p99 ÷ plain Socket.IO, direct, 250 rounds/s', results.get('3 nodes'), results.get('plain Socket.IO'), (run) => run.p99)
    goal(
      'p99 ÷ plain Socket.IO, nginx with TLS, 250 rounds/s',
      results.get('3 nodes behind nginx with TLS'),
      results.get('plain Socket.IO'),
      (run) => run.p99,
    )
  }
  print(`\nFrom the second move to the view at both players, ms (${load.players} players; median and range of ${repeat}):\n`)
  print(
    table(
      ['', 'rounds/s', 'p50', 'p95', 'p99'],
      [...results].map(([name, runs]) => [
        name,
        of(runs, (run) => run.roundsPerSecond),
        of(runs, (run) => run.p50, 1),
        of(runs, (run) => run.p95, 1),
        of(runs, (run) => run.p99, 1),
      ]),
    ),
  )
}

const latency = (): Promise<void> => latencyAt(quick ? 80 : 300)

async function latencyFull(): Promise<void> {
  if (!quick) await latencyAt(1200)
}

async function memory(): Promise<void> {
  const connections = quick ? 2000 : 10_000
  const dir = mkdtempSync(join(tmpdir(), 'caiquan-memory-'))
  const env = collectIn(dir)
  const results = new Map<string, IdleMemory[]>([
    ['plain Socket.IO', []],
    ['1 node', []],
  ])
  try {
    for (let repetition = 1; repetition <= repeat; repetition += 1) {
      for (const [name, start] of [
        ['plain Socket.IO', () => startPlain({ env })],
        ['1 node', () => startCaiquan({ nodes: 1, env, loginApart: true })],
      ] as const) {
        progress(`memory: ${name}, ${connections} connections (${repetition} of ${repeat})`)
        const subject = await start()
        try {
          const figures = await measureIdle(subject, connections, dir)
          measurements.push({ part: 'memory', name, repetition, figures })
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
  if (!quick) goals.set('memory of an idle connection ÷ plain Socket.IO', timesPlain(results.get('1 node') ?? []))
  print(
    `\nMemory of an idle connection at ${connections}, KiB (proportional set size of the node after a garbage collection, and ` +
      `the part of it that is in use on the heap; median and range of ${repeat}):\n`,
  )
  print(
    table(
      ['', 'KiB', '× plain', 'heap in use'],
      [...results].map(([name, runs]) => [
        name,
        show(spreadOf(runs.map(({ bytes }) => bytes / 1024)), 1),
        show(spreadOf(timesPlain(runs)), 2),
        show(spreadOf(runs.map(({ heapBytes }) => heapBytes / 1024)), 1),
      ]),
    ),
  )
}

async function recorder(): Promise<void> {
  const matches = quick ? 2000 : 20_000
  const runs: RecorderFigures[] = []
  for (let repetition = 1; repetition <= repeat; repetition += 1) {
    progress(`recorder: ${matches} matches of six rounds (${repetition} of ${repeat})`)
    const figures = await measureRecorder(matches, quick ? 200 : 2000)
    measurements.push({ part: 'recorder', name: 'recorder', repetition, figures })
    runs.push(figures)
  }
  const figure = (pick: (run: RecorderFigures) => number): string => show(spreadOf(runs.map(pick)))
  print(`\nOne recorder that drains ${matches} matches of six rounds (median and range of ${repeat}):\n`)
  print(
    table(
      ['rounds/s', 'rounds/s per core of the recorder', 'MySQL, µs per round', 'disk, bytes per round'],
      [[figure((run) => run.roundsPerSecond), figure((run) => run.roundsPerCore), figure((run) => run.mysql), figure((run) => run.bytes)]],
    ),
  )
}

function matchmaking(): void {
  progress('matchmaking')
  const script = join(import.meta.dirname, '../matchmaking.ts')
  const { status } = spawnSync(nodeBinary(), [script, ...(quick ? ['--rate', '200', '--seconds', '4'] : [])], { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}

print(
  `${cpus()[0]?.model.trim() ?? 'processor unknown'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ` +
    process.version,
)
const run: Record<Part, () => Promise<void> | void> = {
  cpu,
  'cpu-light': cpuLight,
  saturation,
  latency,
  'latency-full': latencyFull,
  memory,
  recorder,
  matchmaking,
}
if (chosen.toggle !== null) await compareToggle(chosen.toggle, { ...HEAVY, seconds: quick ? 10 : 120 }, print)
else if (chosen.profile) await profile({ ...HEAVY, seconds: quick ? 5 : 15 }, join(ROOT, '.data/profile'), print)
else for (const part of parts) await run[part]()
if (goals.size > 0) print(`\nGoals (medians of ${repeat}):\n\n${goalTable(goals)}`)
if (json) {
  mkdirSync(dirname(json), { recursive: true })
  writeFileSync(json, `${JSON.stringify(measurements, null, 2)}\n`)
}
