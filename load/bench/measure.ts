import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { Driver, type DriverFigures } from './driver-process.ts'
import { cpuSeconds, memoryBytes } from './processes.ts'
import { quantile } from '../../tools/play/figures.ts'
import { addCounts } from './statistics.ts'
import { scrape, type Subject } from './subjects.ts'

export interface Load {
  players: number
  /** A player thinks up to this long before each move, ms. */
  thinkMs: number
  /** Duration of the measurement, s, once the load is even. */
  seconds: number
  /** Rounds of each node before that; by default those of `WARM_UP`. */
  warmUpRounds?: number
  /** Called once that is over; the measurement waits for it. */
  warm?(): Promise<void>
}

export interface Measured {
  roundsPerSecond: number
  /** Processor time per round, µs, by role: all nodes together, Redis, MySQL, nginx. */
  cpu: Record<string, number>
  /** From the second move to the view at both players, ms. */
  p50: number
  p95: number
  p99: number
  /** Messages between clients and nodes per round, bytes. */
  wireBytes: number
  /** Traffic of Redis per round in both directions, bytes. */
  redisBytes: number
  /** Messages from other nodes that one node received per round of the whole cluster. */
  messages: number
  /** The age of the oldest event that was not in MySQL at the end, s. */
  lag: number
  faults: Record<string, number>
}

/** Environment of nodes whose memory is measured; see `collect.ts`. @param dir where they note how much of their heap is in use */
export const collectIn = (dir: string): Record<string, string> => ({
  NODE_OPTIONS: `--import=${new URL('collect.ts', import.meta.url).href}`,
  COLLECT_DIR: dir,
})

/** The most players in one client process: clients must not be the bottleneck. */
const PLAYERS_A_DRIVER = 4000
/**
 * A new server still compiles its code, for longer the more of it there is. So players play fast until every node has had this many rounds,
 * or this many seconds have passed, and then settle at the pace that is measured. Fewer rounds favour our nodes in a comparison: after
 * 4,000 rounds, V8 went on compiling plain Socket.IO, the yardstick, for another 15 s. A round cost it 307 µs at the beginning of that time
 * and 238 µs afterwards.
 */
const WARM_UP = { rounds: 20_000, seconds: 40, thinkMs: 100, settleMs: 4000 }
/** The length of the matches, unless a measurement changes it. */
export const BEST_OF = 5
const FIRST = 200

/** Processor time so far, s, by role. */
export const cpuOf = (subject: Subject): Record<string, number> =>
  Object.fromEntries(Object.entries(subject.pids()).map(([role, pids]) => [role, pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0)]))

/** @param perDriver the most players in one client process */
export async function connectAll(
  { urls, wire }: Pick<Subject, 'urls' | 'wire'>,
  sessions: string[],
  perDriver = PLAYERS_A_DRIVER,
): Promise<Driver[]> {
  const drivers: Driver[] = []
  for (let from = 0; from < sessions.length; from += perDriver) {
    const driver = new Driver()
    drivers.push(driver)
    await driver.connect(sessions.slice(from, from + perDriver), urls, wire)
  }
  return drivers
}

/** The figures of all drivers since the last call, added up. */
export async function takeAll(drivers: Driver[]): Promise<DriverFigures> {
  const sum: DriverFigures = { rounds: 0, matches: 0, faults: {}, latencies: [], bytes: 0 }
  for (const { rounds, matches, faults, latencies, bytes } of await Promise.all(drivers.map((driver) => driver.take()))) {
    sum.rounds += rounds
    sum.matches += matches
    sum.bytes += bytes
    sum.latencies.push(...latencies)
    addCounts(sum.faults, faults)
  }
  return sum
}

/** Bytes in and out of Redis since its start; 0 if there is none. */
async function redisTraffic({ redisUrl }: Subject): Promise<number> {
  if (redisUrl === undefined) return 0
  const redis = new Redis(redisUrl)
  const info = await redis.info('stats')
  await redis.quit()
  return sumOf([...info.matchAll(/^total_net_(?:input|output)_bytes:(\d+)/gm)].map(([, bytes]) => Number(bytes)))
}

const sumOf = (values: number[]): number => values.reduce((sum, value) => sum + value, 0)

async function warmUp(drivers: Driver[], nodes: number, { thinkMs, warmUpRounds = WARM_UP.rounds, warm }: Load): Promise<void> {
  await Promise.all(drivers.map((driver) => driver.play({ thinkMs: Math.min(thinkMs, WARM_UP.thinkMs), bestOf: BEST_OF, spreadMs: 1000 })))
  const started = performance.now()
  for (let rounds = 0; rounds < warmUpRounds * nodes && performance.now() - started < WARM_UP.seconds * 1000;) {
    await sleep(500)
    rounds += (await takeAll(drivers)).rounds
  }
  await Promise.all(drivers.map((driver) => driver.pace(thinkMs)))
  await warm?.()
  await sleep(WARM_UP.settleMs)
}

/** Runs `during` while players play on a subject at an even pace. */
export async function playing<T>(subject: Subject, load: Load, during: (drivers: Driver[]) => Promise<T>): Promise<T> {
  const drivers = await connectAll(subject, await subject.sessions(load.players))
  try {
    await warmUp(drivers, subject.pids()['nodes']?.length ?? 1, load)
    return await during(drivers)
  } finally {
    await Promise.all(drivers.map((driver) => driver.stop()))
  }
}

/** Plays on a subject, and measures what that costs it. */
export async function measurePlay(subject: Subject, load: Load): Promise<Measured> {
  return playing(subject, load, async (drivers) => {
    const { seconds } = load
    const received = async (): Promise<number> => sumOf(await scrape(subject, 'caiquan_messages_received_total'))
    const messagesBefore = await received()
    await takeAll(drivers)
    const redisBefore = await redisTraffic(subject)
    const before = cpuOf(subject)
    const started = performance.now()
    await sleep(seconds * 1000)
    const elapsed = (performance.now() - started) / 1000
    const figures = await takeAll(drivers)
    const after = cpuOf(subject)
    // A scrape costs the nodes something, so it comes at the end: by then MySQL is as far behind as it will be.
    const lag = Math.max(0, ...(await scrape(subject, 'caiquan_outbox_lag_seconds')))
    const nodes = subject.pids()['nodes']?.length ?? 1
    return {
      roundsPerSecond: figures.rounds / elapsed,
      cpu: Object.fromEntries(
        Object.keys(after).map((role) => [role, (((after[role] ?? 0) - (before[role] ?? 0)) / figures.rounds) * 1e6]),
      ),
      wireBytes: figures.bytes / figures.rounds,
      redisBytes: ((await redisTraffic(subject)) - redisBefore) / figures.rounds,
      p50: quantile(figures.latencies, 0.5),
      p95: quantile(figures.latencies, 0.95),
      p99: quantile(figures.latencies, 0.99),
      messages: ((await received()) - messagesBefore) / nodes / figures.rounds,
      lag,
      faults: figures.faults,
    }
  })
}

/** Memory of the nodes per quiet connection, bytes. The rest of the heap is free space in V8's pages. */
export interface IdleMemory {
  /** Proportional set size of the process. */
  bytes: number
  /** The part of it that is in use on the JavaScript heap. */
  heapBytes: number
}

/** @param dir as for `collectIn`, with which the nodes were started */
export async function measureIdle(subject: Subject, connections: number, dir: string): Promise<IdleMemory> {
  const memory = async (): Promise<IdleMemory> => {
    const pids = subject.pids()['nodes'] ?? []
    for (const pid of pids) process.kill(pid, 'SIGUSR2')
    await sleep(3000)
    return {
      bytes: sumOf(pids.map(memoryBytes)),
      heapBytes: sumOf(pids.map((pid) => Number(readFileSync(join(dir, String(pid)), 'utf8')))),
    }
  }
  // Logins and a few first connections come before: what is loaded and compiled once is not counted.
  const sessions = await subject.sessions(connections + FIRST)
  const first = await connectAll(subject, sessions.slice(0, FIRST))
  const before = await memory()
  const rest = await connectAll(subject, sessions.slice(FIRST))
  const after = await memory()
  await Promise.all([...first, ...rest].map((driver) => driver.stop()))
  return { bytes: (after.bytes - before.bytes) / connections, heapBytes: (after.heapBytes - before.heapBytes) / connections }
}
