/** What the servers report while a load runs, and what their processes cost. */
import { readFileSync } from 'node:fs'
import type { ClusterInfo } from '../tools/cluster/cluster-info.ts'
import { parseExposition, type Sample } from '../tools/cluster-page/exposition.ts'
import { histogramQuantile } from '../tools/cluster-page/reading.ts'

/** One moment. Rates are over the time since the moment before; null if nothing could be read. */
export interface Moment {
  /** Epoch ms. */
  at: number
  connections: number
  rounds: number
  commands: number
  /** Events that are not in MySQL yet. */
  backlog: number
  /** Seconds; of the slowest node. */
  loopLag: number
  /** Milliseconds from a move to its acknowledgement, as the nodes measure it. */
  moveP50: number | null
  moveP99: number | null
  /** Bytes, by process. */
  memory: Record<string, number>
  /** Shares of one core, by process. */
  cpu: Record<string, number>
}

interface Raw {
  at: number
  samples: Sample[][]
  /** Seconds of processor time, by process. */
  cpu: Record<string, number>
  memory: Record<string, number>
}

/** Clock ticks of the kernel per second: the same on every Linux. */
const TICKS = 100
const PAGE = 4096

export class Watch {
  readonly moments: Moment[] = []
  readonly #info: ClusterInfo
  /** Pids by name; several with one name are added up. */
  readonly #others: () => Record<string, number[]>
  #before: Raw | null = null

  /** @param others further processes to include */
  constructor(info: ClusterInfo, others: () => Record<string, number[]> = () => ({})) {
    this.#info = info
    this.#others = others
  }

  async look(): Promise<Moment | null> {
    const raw = await this.#read()
    const before = this.#before
    this.#before = raw
    if (!before) return null
    const moment = momentOf(before, raw)
    this.moments.push(moment)
    return moment
  }

  async #read(): Promise<Raw> {
    const samples = await Promise.all(this.#info.nodes.map(({ url }) => exposition(url)))
    const { nodes, redis, mysql, nginx } = this.#info
    const processes: Record<string, number[]> = {
      nodes: nodes.map(({ pid }) => pid),
      redis: [redis.pid],
      mariadb: [mysql.pid],
      ...(nginx ? { nginx: [nginx.pid, ...childrenOf(nginx.pid)] } : {}),
      ...this.#others(),
    }
    const raw: Raw = { at: Date.now(), samples, cpu: {}, memory: {} }
    for (const [name, pids] of Object.entries(processes)) {
      const costs = pids.map(costOf)
      raw.cpu[name] = costs.reduce((sum, { cpu }) => sum + cpu, 0)
      raw.memory[name] = costs.reduce((sum, { memory }) => sum + memory, 0)
    }
    return raw
  }
}

async function exposition(url: string): Promise<Sample[]> {
  try {
    const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(3000) })
    return parseExposition(await response.text())
  } catch {
    return []
  }
}

const sum = (samples: Sample[], name: string): number =>
  samples.reduce((total, sample) => (sample.name === name ? total + sample.value : total), 0)
const maxOf = (lists: Sample[][], name: string): number => Math.max(0, ...lists.map((samples) => sum(samples, name)))

/** Cumulative counts of `caiquan_command_seconds` for moves, by upper bound. */
function moveSteps(samples: Sample[]): Map<number, number> {
  const steps = new Map<number, number>()
  for (const { name, labels, value } of samples) {
    if (name !== 'caiquan_command_seconds_bucket' || labels['event'] !== 'match:move') continue
    const bound = labels['le'] === '+Inf' ? Infinity : Number(labels['le'])
    steps.set(bound, (steps.get(bound) ?? 0) + value)
  }
  return steps
}

function momentOf(before: Raw, now: Raw): Moment {
  const seconds = Math.max(0.001, (now.at - before.at) / 1000)
  const [was, is] = [before.samples.flat(), now.samples.flat()]
  const rate = (name: string): number => Math.max(0, (sum(is, name) - sum(was, name)) / seconds)
  const old = moveSteps(was)
  const steps = new Map([...moveSteps(is)].map(([bound, count]) => [bound, Math.max(0, count - (old.get(bound) ?? 0))]))
  const ms = (q: number): number | null => {
    const value = histogramQuantile(steps, q)
    return value === null ? null : value * 1000
  }
  return {
    at: now.at,
    connections: sum(is, 'caiquan_connections'),
    rounds: rate('caiquan_rounds_total'),
    commands: rate('caiquan_commands_total'),
    backlog: maxOf(now.samples, 'caiquan_outbox_backlog'),
    loopLag: maxOf(now.samples, 'caiquan_event_loop_delay_seconds'),
    moveP50: ms(0.5),
    moveP99: ms(0.99),
    memory: now.memory,
    cpu: Object.fromEntries(
      Object.entries(now.cpu).map(([name, total]) => [name, Math.max(0, (total - (before.cpu[name] ?? total)) / seconds)]),
    ),
  }
}

/** Processor seconds and bytes of a process so far; zero if there is none. */
function costOf(pid: number): { cpu: number; memory: number } {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the name in parentheses and may contain anything; user and system time are the 12th and 13th after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { cpu: (Number(fields[11]) + Number(fields[12])) / TICKS, memory: Number(fields[21]) * PAGE }
  } catch {
    return { cpu: 0, memory: 0 }
  }
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}
