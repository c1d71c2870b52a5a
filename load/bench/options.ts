import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseCommandLine, readNumber, UsageError } from '../../tools/command-line.ts'
import { starterOf } from './against.ts'
import { toggleFile, toggles } from './toggle.ts'

/** What can be measured, in this order. */
export const PARTS = {
  cpu: 'processor time of a round at 400 rounds/s per node, for 1 and 2 nodes, compared with Colyseus; messages from other nodes',
  'cpu-light': 'the same at 100 rounds/s a node, for 1, 2, 4 and 8 nodes',
  saturation: 'rounds per second when nobody thinks, everything recorded',
  latency: 'from the second move to both views at 250 rounds/s, direct and through nginx with TLS',
  'latency-full': 'the same at 1,000 rounds/s, which two cores cannot sustain',
  memory: 'memory of an idle connection',
  recorder: 'rounds per second that one recorder records in MySQL',
  storm: '1,000 players in matches on 3 nodes behind nginx with TLS lose their sockets: how soon they are back, and its processor time',
  matches: 'what a match costs besides its rounds: Redis commands, processor time',
  matchmaking: 'how long players wait for an opponent',
} as const
export type Part = keyof typeof PARTS

export const HELP = `Usage: npm run bench -- [--quick] [--only PART,PART] [--repeat N] [--with NAME=VALUE] [--json FILE]
       npm run bench -- --toggle NAME
       npm run bench -- --against DIR
       npm run bench -- --profile

  --quick        small numbers: does it run, and about how much (6 minutes)
  --only PARTS   only these, separated by commas:
${Object.entries(PARTS)
  .map(([name, what]) => `                   ${name.padEnd(12)} ${what}`)
  .join('\n')}
  --repeat N     how often each is measured, one after the other in turn (3; with --quick 1)
  --nodes LIST   numbers of nodes that \`cpu\` and \`cpu-light\` measure, separated by commas (1,2; \`cpu-light\` 1,2,4,8)
  --json FILE    also write every single measurement there
  --toggle NAME  instead of all that: one node with a switch off and on in turn, every 0.4 s, for two minutes. NAME is one of
                 load/bench/toggles (${toggles().join(', ')}) or a file that exports a \`toggle\` with \`on\` and \`off\`
  --against DIR  instead of all that: this version and that of another checkout (or . for this one), at the same time, at 400
                 rounds/s each, for a minute; shows differences of two percent
  --with NAME=VALUE
                 environment of the nodes, or with --against that of the other version's node; may be repeated
  --profile      instead of all that: one node at 400 rounds/s; its CPU profile, system calls and Redis commands per round, as
                 tables and as a file in .data/profile
  --help         this

It starts what it measures and stops it again; all traffic stays on this machine. The players' clients run on it too:
they are in no figure of processor time, but they take from what is left for the servers.
`

export interface Options {
  quick: boolean
  parts: Part[]
  repeat: number
  json: string | undefined
  /** Null: each part has its own default. */
  nodes: number[] | null
  /** The module of a switch. */
  toggle: string | null
  /** The directory of another version to compare with. */
  against: string | null
  /** Environment of the nodes; with `against`, of the other version's. */
  env: Record<string, string>
  profile: boolean
}

/** Null if only the help is asked for. @throws UsageError */
export function readOptions(args: string[] = process.argv.slice(2)): Options | null {
  const { values } = parseCommandLine('npm run bench', {
    args,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      repeat: { type: 'string' },
      json: { type: 'string' },
      nodes: { type: 'string' },
      toggle: { type: 'string' },
      against: { type: 'string' },
      with: { type: 'string', multiple: true },
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
  const nodes = values.nodes?.split(',').map((text) => readNumber('--nodes', text.trim(), 1, 1000)) ?? null
  const toggle = values.toggle === undefined ? null : toggleFile(values.toggle)
  if (values.toggle !== undefined && toggle === null)
    throw new UsageError(`There is no switch "${values.toggle}": name a file, or one of ${toggles().join(', ')}.`)
  const { against = null } = values
  if (against !== null && !existsSync(starterOf(against)))
    throw new UsageError(`There is no checkout of this project in ${against}: it has no ${starterOf('')}.`)
  const env = readSettings(values.with)
  return { quick, parts: parts as Part[], repeat, json, nodes, toggle, against: against && resolve(against), env, profile: profiled }
}

/** @throws UsageError */
function readSettings(settings: string[] = []): Record<string, string> {
  const env: Record<string, string> = {}
  for (const setting of settings) {
    const [, name, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(setting) ?? []
    if (name === undefined || value === undefined) throw new UsageError(`--with takes NAME=VALUE, not "${setting}".`)
    env[name] = value
  }
  return env
}
