/** The part `matches`: what a match costs besides its rounds. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { BestOf } from '../../client-sdk/src/protocol.ts'
import { HEAVY, of, type Bench } from './bench.ts'
import type { Driver } from './driver-process.ts'
import { BEST_OF, cpuOf, playing, takeAll, type Load } from './measure.ts'
import { redisCalls } from './redis-calls.ts'
import { addCounts, spreadOf, table } from './statistics.ts'
import { startCaiquan, type Subject } from './subjects.ts'

/** What happened in one window of time, and what all of it cost, by kind of cost. */
export interface Tally {
  rounds: number
  matches: number
  costs: Record<string, number>
}

/** What one more round in the same match costs, and one more match without counting its rounds. */
export interface Share {
  perRound: number
  perMatch: number
}

/** Matches of the shortest length; the others have that of the warm-up. */
const SHORT: BestOf = 1
/** When the length changes, the long matches are played to their end, ms. */
const CHANGE_MS = 12_000
/** Commands that are listed, by what a match costs. */
const LISTED = 20

/**
 * Shares the costs out between rounds and matches. A match cannot be measured without rounds, so two windows are measured, in which matches
 * take a different number of rounds, and each cost is taken as `matches × perMatch + rounds × perRound`. That is the line of least squares
 * through two points, which meets both. What a second costs, whatever happens in it, is charged to the rounds, as both windows have about
 * as many rounds per second. NaN if the matches of both windows are equally long.
 */
export function sharesOf(one: Tally, two: Tally): Record<string, Share> {
  const determinant = one.matches * two.rounds - two.matches * one.rounds
  const names = new Set([...Object.keys(one.costs), ...Object.keys(two.costs)])
  return Object.fromEntries(
    [...names].map((name) => {
      const [a, b] = [one.costs[name] ?? 0, two.costs[name] ?? 0]
      const share: Share =
        determinant === 0
          ? { perRound: Number.NaN, perMatch: Number.NaN }
          : {
              perRound: (one.matches * b - two.matches * a) / determinant,
              perMatch: (a * two.rounds - b * one.rounds) / determinant,
            }
      return [name, share]
    }),
  )
}

export interface MatchFigures {
  /** Redis commands, those of scripts included. */
  commands: Share
  /** Processor time of all nodes together, and of Redis, µs. */
  nodes: Share
  redis: Share
  /** By name of the Redis command. */
  byCommand: Record<string, Share>
  /** Rounds of a match in both windows. */
  roundsPerMatch: [number, number]
  faults: Record<string, number>
}

const COMMANDS = 'commands'
const BY_COMMAND = 'command '

/** Plays long matches and then short ones on one subject, so that its processes are the same. */
async function measureMatches(subject: Subject, load: Load, changeMs: number): Promise<MatchFigures> {
  const redis = new Redis(subject.redisUrl ?? '')
  const faults: Record<string, number> = {}
  const window = async (drivers: Driver[]): Promise<Tally> => {
    await takeAll(drivers)
    const before = { commands: await redisCalls(redis), cpu: cpuOf(subject) }
    await sleep(load.seconds * 1000)
    const figures = await takeAll(drivers)
    const after = { commands: await redisCalls(redis), cpu: cpuOf(subject) }
    addCounts(faults, figures.faults)
    const costs: Record<string, number> = { [COMMANDS]: 0 }
    for (const [role, seconds] of Object.entries(after.cpu)) costs[role] = (seconds - (before.cpu[role] ?? 0)) * 1e6
    for (const [name, calls] of Object.entries(after.commands)) {
      const count = calls - (before.commands[name] ?? 0)
      costs[BY_COMMAND + name] = count
      costs[COMMANDS] = (costs[COMMANDS] ?? 0) + count
    }
    return { rounds: figures.rounds, matches: figures.matches, costs }
  }
  try {
    return await playing(subject, load, async (drivers) => {
      const long = await window(drivers)
      await Promise.all(drivers.map((driver) => driver.pace(load.thinkMs, SHORT)))
      await sleep(changeMs)
      const short = await window(drivers)
      const shares = sharesOf(long, short)
      const share = (name: string): Share => shares[name] ?? { perRound: Number.NaN, perMatch: Number.NaN }
      return {
        commands: share(COMMANDS),
        nodes: share('nodes'),
        redis: share('redis'),
        byCommand: Object.fromEntries(
          Object.entries(shares).flatMap(([name, each]) => (name.startsWith(BY_COMMAND) ? [[name.slice(BY_COMMAND.length), each]] : [])),
        ),
        roundsPerMatch: [long.rounds / long.matches, short.rounds / short.matches],
        faults,
      }
    })
  } finally {
    redis.disconnect()
  }
}

export async function matches(bench: Bench): Promise<void> {
  const { quick, repeat } = bench
  const load = bench.load(quick ? { players: 200, thinkMs: 300, seconds: 4 } : { ...HEAVY, seconds: 20 })
  const runs: MatchFigures[] = []
  for (let repetition = 1; repetition <= repeat; repetition += 1) {
    bench.progress(`matches: ${load.players} players on 1 node, best of ${BEST_OF} and of ${SHORT} (${repetition} of ${repeat})`)
    const subject = await startCaiquan({ nodes: 1, env: bench.env })
    try {
      const figures = await measureMatches(subject, load, quick ? 5000 : CHANGE_MS)
      bench.note('matches', 'matches', repetition, figures, figures.faults)
      runs.push(figures)
    } finally {
      await subject.close()
    }
  }
  bench.goal(
    'Redis commands per match made',
    runs.map(({ commands }) => commands.perMatch),
  )
  const row = (name: string, pick: (run: MatchFigures) => Share | undefined, digits: number): string[] => [
    name,
    of(runs, (run) => pick(run)?.perMatch ?? 0, digits),
    of(runs, (run) => pick(run)?.perRound ?? 0, digits),
  ]
  print(bench, runs, load, [
    row('Redis commands, those of scripts included', ({ commands }) => commands, 1),
    row('processor time of Redis, µs', ({ redis }) => redis, 0),
    row('processor time of the node, µs', ({ nodes }) => nodes, 0),
  ])
  const byCost = [...new Set(runs.flatMap(({ byCommand }) => Object.keys(byCommand)))]
    .map((name) => ({ name, median: spreadOf(runs.map(({ byCommand }) => byCommand[name]?.perMatch ?? 0)).median }))
    .sort((one, two) => two.median - one.median)
    .slice(0, LISTED)
  bench.print('\nThe same by command of Redis:\n')
  bench.print(
    table(
      ['command', 'per match', 'per round'],
      byCost.map(({ name }) => row(name, ({ byCommand }) => byCommand[name], 2)),
    ),
  )
}

function print(bench: Bench, runs: MatchFigures[], { players }: Load, rows: string[][]): void {
  bench.print(
    `\nWhat a match costs besides its rounds, and what each round costs (${players} players on one node; matches of ` +
      `${of(runs, ({ roundsPerMatch: [long] }) => long, 2)} and ${of(runs, ({ roundsPerMatch: [, short] }) => short, 2)} rounds; median ` +
      `and range of ${bench.repeat}):\n`,
  )
  bench.print(table(['', 'per match', 'per round'], rows))
}
