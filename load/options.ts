import { parseCommandLine, readGame, readNumber, UsageError } from '../tools/command-line.ts'
import { SCENARIO, SCENARIOS, type ScenarioName } from './scenarios.ts'

export interface LoadOptions {
  scenario: ScenarioName
  players: number
  seconds: number
  /** Seconds over which the players arrive. */
  ramp: number
  /** Shortest and longest time to choose a hand, seconds. */
  think: [number, number]
  nodes: number
  /** Folder of a cluster that may be running. */
  data: string
  out: string
  /** The game. */
  game: string
}

export const HELP = `Usage: npm run load -- <scenario> [--players N] [--seconds N] [--ramp N] [--think A-B] [--nodes N]
         [--data FOLDER] [--out FOLDER] [--game NAME]

Scenarios:
${SCENARIOS.map((name) => `  ${name.padEnd(6)} ${SCENARIO[name].about}`).join('\n')}

Plays on the cluster that \`npm start\` runs on this folder, or starts one of its own for as long as it takes. Artillery
is installed at the first use (about 470 MB, under load/artillery). Ends with a summary, an HTML report with charts,
and 1 if a threshold of the scenario was missed.

  --players N     how many (200; at most 15000: a process has 20,000 files)
  --seconds N     how long they stay once all are there (60; storm: 45)
  --ramp N        seconds over which they come (players / 50, at least 2)
  --think A-B     seconds that a player takes to choose a hand (1-4)
  --nodes N       nodes of a cluster that it starts (3)
  --data FOLDER   where to look for a running cluster (.data)
  --game NAME     what is played: a folder under games/ (rps); a running cluster must play it
  --out FOLDER    where the report goes (.data/load)
  --help          this text

A cluster that was started by \`npm start\` lets one address log in 600 times a minute and node; one that this starts
sets no such limit.
`

const FLAGS = {
  players: { type: 'string', default: '200' },
  seconds: { type: 'string' },
  ramp: { type: 'string' },
  think: { type: 'string', default: '1-4' },
  nodes: { type: 'string', default: '3' },
  data: { type: 'string', default: '.data' },
  out: { type: 'string' },
  game: { type: 'string', default: 'rps' },
  help: { type: 'boolean', short: 'h' },
} as const

/** Null if the help was requested. @throws UsageError */
export function readLoadOptions(args: string[]): LoadOptions | null {
  const { values: flags, positionals } = parseCommandLine('npm run load', { args, options: FLAGS, allowPositionals: true })
  if (flags.help) return null
  const [name, ...surplus] = positionals
  const scenario = SCENARIOS.find((each) => each === name)
  if (!scenario || surplus.length) throw new UsageError(`Name one scenario: ${SCENARIOS.join(', ')}. See npm run load -- --help.`)
  const players = readNumber('--players', flags.players, 2, 15_000)
  const [, low, high] = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(flags.think) ?? []
  // A round lasts 10 s: players who think longer miss it.
  if (low === undefined || Number(low) > Number(high) || Number(high) > 9)
    throw new UsageError(`--think must be two seconds up to 9, like 1-4, not "${flags.think}".`)
  if (scenario === 'rooms' && players % 2) throw new UsageError('--players must be even: rooms hold two.')
  return {
    scenario,
    players,
    seconds: readNumber('--seconds', flags.seconds ?? String(SCENARIO[scenario].seconds), 5, 86_400),
    ramp: readNumber('--ramp', flags.ramp ?? String(Math.max(2, Math.ceil(players / 50))), 1, 3600),
    think: [Number(low), Number(high)],
    nodes: readNumber('--nodes', flags.nodes, 1, 16),
    data: flags.data,
    out: flags.out ?? '.data/load',
    game: readGame(flags.game),
  }
}

/** The command that repeats this run. */
export const commandOf = ({ scenario, players, seconds, ramp, think, nodes, game }: LoadOptions): string =>
  [
    `npm run load -- ${scenario} --players ${players} --seconds ${seconds} --ramp ${ramp}`,
    ...(scenario === 'play' || scenario === 'rooms' ? [`--think ${think.join('-')}`] : []),
    `--nodes ${nodes}`,
    ...(game === 'rps' ? [] : [`--game ${game}`]),
  ].join(' ')
