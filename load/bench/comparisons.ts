/** The parts that compare one load on several subjects. */
import { cpus } from 'node:os'
import { HEAVY, of, ratios, type Bench, type Case } from './bench.ts'
import type { Load, Measured } from './measure.ts'
import { show, spreadOf, table } from './statistics.ts'
import { startCaiquan, startColyseus, startPlain, type Subject } from './subjects.ts'

const plain = (): Promise<Subject> => startPlain()
const direct = (): Promise<Subject> => startPlain({ record: true })
const nodesOf =
  ({ env }: Bench, nodes: number, nginx = false) =>
  (): Promise<Subject> =>
    startCaiquan({ nodes, nginx, env })

const sum = ({ cpu }: Measured): number => Object.values(cpu).reduce((total, each) => total + each, 0)
const nodesOfRun = (run: Measured): number => run.cpu['nodes'] ?? 0
const ratio = (runs: Measured[], yardstick: Measured[], pick: (run: Measured) => number): string =>
  show(spreadOf(ratios(runs, yardstick, pick)), 2)

const COLYSEUS = {
  'Colyseus, messages': () => startColyseus('messages'),
  'Colyseus, schema': () => startColyseus('schema'),
}

/**
 * Nodes and a yardstick at a time, each with its own players. @param perNode players of each node and of a yardstick
 * @returns the measurements of each pair by the name of the yardstick; of those with plain Socket.IO, the ones of the first count
 */
async function cpuAt(bench: Bench, perNode: number, counts: number[], withColyseus = false): Promise<Map<string, Beside>> {
  const load = (nodes: number): Load => ({ players: perNode * nodes, thinkMs: 1000, seconds: bench.quick ? 4 : 15 })
  const ours = (nodes: number): Case => ({ name: `${nodes} node${nodes > 1 ? 's' : ''}`, start: nodesOf(bench, nodes), load: load(nodes) })
  const yardsticks = { 'plain Socket.IO': plain, ...(withColyseus ? COLYSEUS : {}) }
  const pairs = Object.entries(yardsticks).flatMap(([name, start]) =>
    (start === plain ? counts : counts.slice(0, 1)).map((nodes) => [ours(nodes), { name, start, load: load(1) }] as const),
  )
  const results = pairs.map(([own, other]): Beside => ({ names: [own.name, other.name], own: [], other: [] }))
  for (let repetition = 1; repetition <= bench.repeat; repetition += 1)
    for (const [index, pair] of pairs.entries()) {
      const [own, other] = await bench.beside('cpu', pair, repetition)
      results[index]?.own.push(own)
      results[index]?.other.push(other)
    }
  bench.print(
    `\nProcessor time of one round, µs, of nodes and a yardstick that are played on at the same time (${perNode} players per node, and ` +
      `as many on the yardstick, who think up to 1 s; median and range of ${bench.repeat}):\n`,
  )
  bench.print(
    table(
      ['', 'beside', 'rounds/s', 'nodes', 'yardstick', 'nodes ÷ yardstick', 'Redis', 'MySQL', 'all ÷ yardstick', 'messages per node'],
      results.map(({ names: [name, yardstick], own, other }) => [
        name,
        yardstick,
        of(own, (run) => run.roundsPerSecond),
        of(own, nodesOfRun),
        of(other, nodesOfRun),
        ratio(own, other, nodesOfRun),
        of(own, (run) => run.cpu['redis'] ?? Number.NaN),
        of(own, (run) => run.cpu['mysql'] ?? Number.NaN),
        ratio(own, other, sum),
        of(own, (run) => run.messages, 2),
      ]),
    ),
  )
  const [first] = results
  const bytes = (runs: Measured[] = [], pick: (run: Measured) => number): string => of(runs, pick)
  bench.print(
    `\nBytes per round: to and from clients ${bytes(first?.own, (run) => run.wireBytes)}, those of plain Socket.IO ` +
      `${bytes(first?.other, (run) => run.wireBytes)}; at Redis ${bytes(first?.own, (run) => run.redisBytes)}.`,
  )
  return new Map(results.toReversed().map((result) => [result.names[1], result]))
}

/** Measurements of two subjects, taken at the same time. */
interface Beside {
  names: [string, string]
  own: Measured[]
  other: Measured[]
}

/** As many nodes as the machine can hold. */
export async function cpuLight(bench: Bench): Promise<void> {
  if (bench.quick) return
  const light = (await cpuAt(bench, 150, bench.nodes ?? [1, 2, 4, 8])).get('plain Socket.IO')
  bench.goalRatio('nodes ÷ plain Socket.IO, 100 rounds/s', light?.own, light?.other, nodesOfRun)
}

/** The load per node is what the machine can hold with two nodes. */
export async function cpu(bench: Bench): Promise<void> {
  const heavy = await cpuAt(bench, bench.quick ? 60 : HEAVY.players, bench.nodes ?? [1, 2], true)
  const [besidePlain, besideColyseus] = [heavy.get('plain Socket.IO'), heavy.get('Colyseus, messages')]
  bench.goalRatio('nodes ÷ Colyseus with messages, 400 rounds/s', besideColyseus?.own, besideColyseus?.other, nodesOfRun)
  bench.goalRatio('nodes ÷ plain Socket.IO, 400 rounds/s', besidePlain?.own, besidePlain?.other, nodesOfRun)
  bench.goalRatio('nodes + Redis + MySQL ÷ plain Socket.IO, 400 rounds/s', besidePlain?.own, besidePlain?.other, sum)
}

export async function saturation(bench: Bench): Promise<void> {
  const load: Load = { players: bench.quick ? 100 : 400, thinkMs: 0, seconds: bench.quick ? 4 : 10 }
  const results = await bench.interleave('saturation', [
    { name: 'plain Socket.IO', start: plain, load },
    { name: 'plain, each round into MySQL', start: direct, load },
    ...Object.entries(COLYSEUS).map(([name, start]) => ({ name, start, load })),
    { name: '1 node', start: nodesOf(bench, 1), load },
    { name: '3 nodes', start: nodesOf(bench, 3), load },
  ])
  const yardstick = results.get('plain, each round into MySQL') ?? []
  bench.goalRatio('nodes ÷ plain Socket.IO, saturated', results.get('1 node'), results.get('plain Socket.IO'), nodesOfRun)
  const rate = (run: Measured): number => run.roundsPerSecond
  bench.print(
    `\nRounds per second when nobody thinks (${load.players} players, whose clients share the ${cpus().length} cores; median and ` +
      `range of ${bench.repeat}):\n`,
  )
  bench.print(
    table(
      ['', 'rounds/s', '× into MySQL', 'nodes, µs per round', 'MySQL behind, s'],
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

async function latencyAt(bench: Bench, players: number): Promise<void> {
  const load: Load = { players, thinkMs: 800, seconds: bench.quick ? 4 : 15 }
  const results = await bench.interleave('latency', [
    { name: 'plain Socket.IO', start: plain, load },
    { name: '3 nodes', start: nodesOf(bench, 3), load },
    { name: '3 nodes behind nginx with TLS', start: nodesOf(bench, 3, true), load },
  ])
  if (players === 300) {
    bench.goalRatio('p99 ÷ plain Socket.IO, direct, 250 rounds/s', results.get('3 nodes'), results.get('plain Socket.IO'), (run) => run.p99)
    bench.goalRatio(
      'p99 ÷ plain Socket.IO, nginx with TLS, 250 rounds/s',
      results.get('3 nodes behind nginx with TLS'),
      results.get('plain Socket.IO'),
      (run) => run.p99,
    )
  }
  bench.print(`\nFrom the second move to the view at both players, ms (${load.players} players; median and range of ${bench.repeat}):\n`)
  bench.print(
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

export const latency = (bench: Bench): Promise<void> => latencyAt(bench, bench.quick ? 80 : 300)

export async function latencyFull(bench: Bench): Promise<void> {
  if (!bench.quick) await latencyAt(bench, 1200)
}
