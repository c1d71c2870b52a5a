import { parseCommandLine, readGame, readNumber, UsageError } from '../command-line.ts'

export interface ChaosOptions {
  minutes: number
  players: number
  seed: number
  nodes: number
  recorders: number
  /** Null: a temporary folder that is removed if everything is right. */
  data: string | null
  appendfsync: 'always' | 'everysec'
  /** The game. */
  game: string
}

export const HELP = `Usage: npm run chaos -- [--minutes N] [--players N] [--seed N] [--nodes N] [--recorders N]
         [--data FOLDER] [--game NAME]

Players on the SDK play on a cluster of its own (nginx, nodes, recorders, Redis with AOF, MariaDB) while a schedule,
which depends on nothing but the seed, kills, stalls, drains and restarts all of them, fills Redis, has Redis and MySQL refuse
writes, and steps the clock of Redis (which takes a C compiler; without one it says so and goes on). When all is quiet again,
the records are checked: every view that a player saw, every acknowledged move, every row, every tally and rating against a
recount, and that no deadline was further away than a round is long. Ends with 1 if anything differs.

  --minutes N       how long faults go on (2; a fraction is possible)
  --players N       how many play (40)
  --seed N          which faults, and what the players do (a new one each time)
  --nodes N         how many nodes (3; at least 2)
  --recorders N     how many recorders (2)
  --data FOLDER     keeps data and logs there; it must be new or empty (a temporary folder, kept if anything differs)
  --game NAME       what is played: a folder under games/ (rps)
  --appendfsync X   Redis' setting, always or everysec (always; with everysec a killed Redis may have acknowledged what
                    it held back while an earlier second was being written to the disk)
  --help            this text

Ctrl-C ends the faults early and checks what was played; a second one stops everything at once.
`

const FLAGS = {
  minutes: { type: 'string', default: '2' },
  players: { type: 'string', default: '40' },
  seed: { type: 'string' },
  nodes: { type: 'string', default: '3' },
  recorders: { type: 'string', default: '2' },
  data: { type: 'string' },
  appendfsync: { type: 'string', default: 'always' },
  game: { type: 'string', default: 'rps' },
  help: { type: 'boolean', short: 'h' },
} as const

const SEEDS = 1_000_000

/** Null if the help was requested. @throws UsageError */
export function readChaosOptions(args: string[]): ChaosOptions | null {
  const { values: flags } = parseCommandLine('npm run chaos', { args, options: FLAGS })
  if (flags.help) return null
  const { appendfsync } = flags
  if (appendfsync !== 'always' && appendfsync !== 'everysec')
    throw new UsageError(`--appendfsync must be always or everysec, not "${appendfsync}".`)
  if (flags.data === '') throw new UsageError('--data must name a folder.')
  return {
    minutes: readNumber('--minutes', flags.minutes, 0.2, 1440, { whole: false }),
    players: readNumber('--players', flags.players, 2, 2000),
    seed: readNumber('--seed', flags.seed ?? String(Math.floor(Math.random() * SEEDS)), 0, 999_999_999),
    nodes: readNumber('--nodes', flags.nodes, 2, 16),
    recorders: readNumber('--recorders', flags.recorders, 1, 8),
    data: flags.data ?? null,
    appendfsync,
    game: readGame(flags.game),
  }
}

/** The command that repeats this run. */
export const commandOf = ({ minutes, players, seed, nodes, recorders, appendfsync, game }: ChaosOptions): string =>
  [
    `npm run chaos -- --minutes ${minutes} --players ${players} --nodes ${nodes}`,
    ...(recorders === 2 ? [] : [`--recorders ${recorders}`]),
    ...(appendfsync === 'always' ? [] : [`--appendfsync ${appendfsync}`]),
    ...(game === 'rps' ? [] : [`--game ${game}`]),
    `--seed ${seed}`,
  ].join(' ')
