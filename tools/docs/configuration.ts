// `npm run docs:configuration`: writes docs/configuration.md from the schema in server/src/config.ts.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { schema } from '../../server/src/config.ts'
import { ROOT } from '../services/node.ts'

export const CONFIGURATION_FILE = join(ROOT, 'docs/configuration.md')

/** Each section begins with this variable and ends before the next one's. */
const SECTIONS: Record<string, string> = {
  NODE_ENV: 'The process',
  REDIS_URL: 'Redis and MySQL',
  WECHAT_API_URL: 'WeChat',
  SESSION_IDLE_MS: 'Sessions',
  SHARDS: 'The game',
  MAX_CONNECTIONS: 'Connections',
  RECORDER: 'The recorder',
}

const INTRODUCTION = `# Configuration

Servers and recorders are configured by their environment only. It is read once, at the start; whatever is wrong with it
is named all at once, and the process ends with code 2. At the start it is printed, without secrets.
A Node that is too old ends the process with code 2 too, and one line.

Names that end in \`_MS\` are milliseconds. An empty variable counts as absent. The migrations need \`DATABASE_URL\` alone.

This page is made from [\`server/src/config.ts\`](../server/src/config.ts) by \`npm run docs:configuration\`.
`

interface Property {
  type?: string
  default?: string | number
  description?: string
  enum?: string[]
  minimum?: number
  maximum?: number
}

/** The whole page. */
export function configurationPage(): string {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  const lines = [INTRODUCTION.trimEnd()]
  for (const [name, property] of Object.entries(properties)) {
    const title = SECTIONS[name]
    if (title) lines.push(`\n## ${title}\n\n| variable | default | what |\n|---|---|---|`)
    lines.push(rowOf(name, property as Property, required.includes(name)))
  }
  return `${lines.join('\n')}\n`
}

function rowOf(name: string, property: Property, required: boolean): string {
  if (!property.description) throw new Error(`${name} has no description in server/src/config.ts.`)
  const values = property.enum ? `; one of ${property.enum.map((value) => `\`${value}\``).join(', ')}` : ''
  const initial = required ? '**required**' : defaultOf(name, property.default)
  return `| \`${name}\` | ${initial} | ${escape(property.description)}${rangeOf(property)}${values} |`
}

function defaultOf(name: string, value: string | number | undefined): string {
  if (name === 'NODE_NAME') return "the host's name"
  if (value === undefined || value === '') return '–'
  return `\`${value}\`${typeof value === 'number' && name.endsWith('_MS') && value >= 60_000 ? ` (${durationOf(value)})` : ''}`
}

function durationOf(ms: number): string {
  const units: [number, string][] = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
  ]
  const [size, unit] = units.find(([length]) => ms % length === 0) ?? [1000, 's']
  return `${ms / size} ${unit}`
}

/** Only if there is more to say than that it is a positive number. */
function rangeOf({ minimum, maximum }: Property): string {
  const bounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER
  return bounded ? `; from ${minimum ?? 0} to ${maximum}` : ''
}

const escape = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')

if (import.meta.main) writeFileSync(CONFIGURATION_FILE, configurationPage())
