/** The part `storm`: all players lose their sockets at the same moment. */
import { setTimeout as sleep } from 'node:timers/promises'
import { TIMING } from '../../client-sdk/src/connection/timing.ts'
import { quantile } from '../../tools/play/figures.ts'
import { of, type Bench } from './bench.ts'
import type { Returns } from './driver-process.ts'
import { BEST_OF, connectAll, cpuOf } from './measure.ts'
import { addCounts, table } from './statistics.ts'
import { startCaiquan, type Subject } from './subjects.ts'

export interface StormFigures {
  /** From the loss of the socket until the player was online and had the current view of the match, ms. */
  p50: number
  p99: number
  /** Connections that were opened per player: more than one if an attempt failed, or was late and got a second beside it. */
  sockets: number
  /** Processor time per player who came back, µs, by role, without what the quiet cluster takes. */
  cpu: Record<string, number>
  /** The same of the clients, which share the machine, µs. */
  clients: number
  faults: Record<string, number>
}

const NODES = 3
/**
 * The most players in one client process, which is one thread: a return takes about 2 ms of it, most of it for TLS. With all players in one
 * process, the storm would take two seconds however fast the servers are.
 */
const PLAYERS_A_DRIVER = 250
/** Nobody moves: the players think until it is all over, and so long are the rounds. */
const THINK_MS = 3_600_000
/** Longer than the SDK takes a connection for unstable: each storm finds its back-off at the beginning. */
const QUIET_MS = TIMING.stableMs + 1000
/** What the loss of the sockets still causes once all players are back, such as views for their opponents, ms. */
const AFTER_MS = 1000
/** The roles whose processor time is added up. */
const SERVERS = ['nodes', 'redis', 'nginx']

const since = (after: Record<string, number>, before: Record<string, number>): [string, number][] =>
  Object.entries(after).map(([role, seconds]) => [role, seconds - (before[role] ?? 0)])

/** Puts all players into matches, and then calls `report` after each storm. The first storm warms the servers up and is not reported. */
async function measureStorms(subject: Subject, players: number, storms: number, report: (figures: StormFigures) => void): Promise<void> {
  const sessions = await subject.sessions(players)
  const drivers = await connectAll({ urls: subject.urls, wire: 'returning' }, sessions, PLAYERS_A_DRIVER)
  try {
    await Promise.all(drivers.map((driver) => driver.play({ thinkMs: THINK_MS, bestOf: BEST_OF, spreadMs: 1000 })))
    await Promise.all(drivers.map((driver) => driver.matched()))
    for (let storm = 0; storm <= storms; storm += 1) {
      const quiet = cpuOf(subject)
      await sleep(QUIET_MS)
      const before = cpuOf(subject)
      const started = performance.now()
      const returns = await Promise.all(drivers.map((driver) => driver.storm()))
      await sleep(AFTER_MS)
      const after = cpuOf(subject)
      const idle = Object.fromEntries(since(before, quiet).map(([role, seconds]) => [role, seconds / QUIET_MS]))
      const elapsed = performance.now() - started
      const ms = returns.flatMap((each) => each.ms)
      const perPlayer = (pick: (each: Returns) => number): number => returns.reduce((sum, each) => sum + pick(each), 0) / players
      const figures: StormFigures = {
        p50: quantile(ms, 0.5),
        p99: quantile(ms, 0.99),
        sockets: perPlayer(({ sockets }) => sockets),
        cpu: Object.fromEntries(
          since(after, before).map(([role, seconds]) => [role, ((seconds - (idle[role] ?? 0) * elapsed) / players) * 1e6]),
        ),
        clients: perPlayer(({ cpuSeconds }) => cpuSeconds) * 1e6,
        faults: {},
      }
      for (const { faults } of returns) addCounts(figures.faults, faults)
      if (storm > 0) report(figures)
    }
  } finally {
    await Promise.all(drivers.map((driver) => driver.stop()))
  }
}

export async function storm(bench: Bench): Promise<void> {
  const players = bench.quick ? 200 : 1000
  const runs: StormFigures[] = []
  bench.progress(`storm: ${players} players on ${NODES} nodes behind nginx with TLS (${bench.repeat} times)`)
  const subject = await startCaiquan({ nodes: NODES, nginx: true, env: { ...bench.env, ROUND_MS: String(THINK_MS) } })
  try {
    await measureStorms(subject, players, bench.repeat, (figures) => {
      runs.push(figures)
      bench.note('storm', subject.name, runs.length, figures, figures.faults)
    })
  } finally {
    await subject.close()
  }
  bench.goal(
    'reconnect storm of 1,000 players: p99 back online, ms',
    runs.map(({ p99 }) => p99),
  )
  bench.print(
    `\nReconnect storm: ${players} players in matches on ${NODES} nodes behind nginx with TLS lose their sockets at the same moment. ` +
      'Time until they are online and have the current view, ms; processor time per player who came back, µs (clients reconnect as the ' +
      `SDK does, on the same machine; median and range of ${bench.repeat}):\n`,
  )
  const cpu = (role: string): string => of(runs, (run) => run.cpu[role] ?? Number.NaN)
  bench.print(
    table(
      ['players', 'p50', 'p99', 'sockets per player', 'nodes', 'Redis', 'nginx', 'all servers', 'clients'],
      [
        [
          String(players),
          of(runs, ({ p50 }) => p50),
          of(runs, ({ p99 }) => p99),
          of(runs, ({ sockets }) => sockets, 2),
          ...SERVERS.map(cpu),
          of(runs, (run) => SERVERS.reduce((sum, role) => sum + (run.cpu[role] ?? 0), 0)),
          of(runs, ({ clients }) => clients),
        ],
      ],
    ),
  )
}
