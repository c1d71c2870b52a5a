/**
 * `npm run capacity`: computes machines from the measured cost of a round. The costs are those of `npm run bench` on the machine named in
 * docs/capacity.md; `npm run docs:capacity` writes the tables there.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseCommandLine, readNumber, readOrExit } from '../tools/command-line.ts'
import { table } from './bench/statistics.ts'

/** The cost of a round and of a connection. Units are in the names. */
export interface Costs {
  nodeCpuMicros: number
  redisCpuMicros: number
  mysqlCpuMicros: number
  recorderRoundsPerCore: number
  wireBytes: number
  redisBytes: number
  diskBytes: number
  connectionKib: number
}

/**
 * Measured: `npm run bench -- --only cpu,memory,recorder`; the row of one node beside plain Socket.IO at 400 rounds per second. At a
 * quarter of that load a round costs more, as less is batched.
 */
export const MEASURED: Costs = {
  nodeCpuMicros: 653,
  redisCpuMicros: 242,
  mysqlCpuMicros: 41,
  recorderRoundsPerCore: 14_999,
  wireBytes: 3225,
  redisBytes: 3890,
  diskBytes: 259,
  connectionKib: 30.2,
}

/** How people play, and how far machines are loaded. Assumed, not measured. */
export const ASSUMED = {
  /** Share of all connected players. */
  shareInMatch: 0.7,
  /** From the opening of a round to the next: two people think, then look at the reveal. */
  roundSeconds: 6,
  /** A Redis uses one thread, and so does a node: above this load they become slow in bursts. */
  utilisation: 0.6,
  /** MAX_CONNECTIONS of a node. */
  connectionsPerNode: 20_000,
}

export interface Needs {
  roundsPerSecond: number
  /** Of one core each. */
  nodes: number
  nodeMemoryGib: number
  redisPrimaries: number
  mysqlCores: number
  recorders: number
  clientGbits: number
  redisGbits: number
  roundsPerDay: number
  diskGibPerDay: number
}

export function needsOf(
  players: number,
  costs: Costs = MEASURED,
  { shareInMatch, roundSeconds, utilisation, connectionsPerNode } = ASSUMED,
): Needs {
  const roundsPerSecond = (players * shareInMatch) / 2 / roundSeconds
  const cores = (micros: number): number => (roundsPerSecond * micros) / 1e6 / utilisation
  const gbits = (bytes: number): number => (roundsPerSecond * bytes * 8) / 1e9
  const roundsPerDay = roundsPerSecond * 86_400
  return {
    roundsPerSecond,
    nodes: Math.ceil(Math.max(cores(costs.nodeCpuMicros), players / connectionsPerNode)),
    nodeMemoryGib: (players * costs.connectionKib) / 2 ** 20,
    redisPrimaries: Math.ceil(cores(costs.redisCpuMicros)),
    mysqlCores: Math.ceil(cores(costs.mysqlCpuMicros)),
    recorders: Math.ceil(roundsPerSecond / costs.recorderRoundsPerCore / utilisation),
    clientGbits: gbits(costs.wireBytes),
    redisGbits: gbits(costs.redisBytes),
    roundsPerDay,
    diskGibPerDay: (roundsPerDay * costs.diskBytes) / 2 ** 30,
  }
}

const SCALES = [10_000, 1_000_000, 10_000_000]
const round = (value: number): string => (value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(2))

export function render(scales: number[] = SCALES): string {
  const all = scales.map((players) => needsOf(players))
  const row = (name: string, pick: (needs: Needs) => number): string[] => [name, ...all.map((needs) => round(pick(needs)))]
  return table(
    ['players at once', ...scales.map((players) => players.toLocaleString('en'))],
    [
      row('rounds a second', (needs) => needs.roundsPerSecond),
      row('nodes (a core each)', (needs) => needs.nodes),
      row('memory of all connections, GiB', (needs) => needs.nodeMemoryGib),
      row('primaries of Redis', (needs) => needs.redisPrimaries),
      row('recorders (a core each)', (needs) => needs.recorders),
      row('cores of MySQL', (needs) => needs.mysqlCores),
      row('to and from players, Gbit/s', (needs) => needs.clientGbits),
      row('to and from Redis, Gbit/s', (needs) => needs.redisGbits),
      row('rounds a day, million', (needs) => needs.roundsPerDay / 1e6),
      row('growth of MySQL per day, GiB', (needs) => needs.diskGibPerDay),
    ],
  )
}

export function renderCosts(): string {
  const rows: [string, number, string][] = [
    ['processor time of nodes per round', MEASURED.nodeCpuMicros, 'µs'],
    ['processor time of Redis per round', MEASURED.redisCpuMicros, 'µs'],
    ['processor time of MySQL per round', MEASURED.mysqlCpuMicros, 'µs'],
    ['rounds per second that one core of a recorder records', MEASURED.recorderRoundsPerCore, ''],
    ['messages between clients and nodes per round', MEASURED.wireBytes, 'bytes'],
    ['traffic of Redis per round', MEASURED.redisBytes, 'bytes'],
    ['disk space in MySQL per round, with its share of the match', MEASURED.diskBytes, 'bytes'],
    ['memory of a node per connection', MEASURED.connectionKib, 'KiB'],
  ]
  return table(
    ['measured', '', ''],
    rows.map(([what, value, unit]) => [what, value.toLocaleString('en'), unit]),
  )
}

const PAGE = join(import.meta.dirname, '../docs/capacity.md')

/** The page with its tables, computed from the figures above. */
export function withTables(page: string): string {
  const put = (text: string, name: string, content: string): string =>
    text.replace(new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`), `$1${content}\n$2`)
  return put(put(page, 'costs', renderCosts()), 'needs', render())
}

if (import.meta.main) {
  const help = `Usage: npm run capacity -- [--players N]...

  --players N   connected at once (${SCALES.join(', ')})
  --write       put the tables into docs/capacity.md
`
  const { scales, write } = readOrExit(help, () => {
    const { values } = parseCommandLine('npm run capacity', {
      options: { players: { type: 'string', multiple: true }, write: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    })
    if (values.help) return null
    return { scales: values.players?.map((text) => readNumber('--players', text, 1, 999_999_999)) ?? SCALES, write: values.write }
  })
  if (write) writeFileSync(PAGE, withTables(readFileSync(PAGE, 'utf8')))
  else process.stdout.write(`${renderCosts()}\n\n${render(scales)}\n`)
}
