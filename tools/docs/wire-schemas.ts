/**
 * The JSON schemas of the wire (draft 7, which is also valid in OpenAPI 3.1). What clients send comes from the zod schemas that the server
 * checks with; what the server sends comes from the types of the protocol, which the server's replies must match.
 */
import { join } from 'node:path'
import { createGenerator } from 'ts-json-schema-generator'
import { z } from 'zod'
import { ERRORS } from '../../client-sdk/src/errors.ts'
import type { CommandName } from '../../client-sdk/src/protocol.ts'
import type { AnyGame } from '../../games/rules.ts'
import { historySchema, leaderboardSchema, loginSchema, profileChangeSchema } from '../../server/src/http/schemas.ts'
import type { Rate } from '../../server/src/limits.ts'
import { createCommands, type CommandsOptions } from '../../server/src/realtime/commands.ts'
import { ROOT } from '../services/node.ts'

/** A JSON schema. */
export interface Schema {
  [keyword: string]: unknown
  $ref?: string
  type?: string | string[]
  description?: string
  properties?: Record<string, Schema>
  required?: string[]
  anyOf?: Schema[]
  enum?: unknown[]
}

export interface WireSchemas {
  /** What the others refer to, by the names of the types. */
  components: Record<string, Schema>
  /** By event: what the command takes, how often a player may send it, the data of its acknowledgement. */
  commands: Record<CommandName, { request: Schema; rate: Rate; reply: Schema }>
  events: Record<string, Schema>
  handshake: { auth: Schema; refusal: Schema }
  http: {
    requests: Record<'login' | 'profile', Schema>
    queries: Record<'leaderboard' | 'matches', Schema>
    replies: Record<'login' | 'session' | 'me' | 'leaderboard' | 'matches' | 'match' | 'headToHead' | 'online' | 'error', Schema>
  }
}

/** @param refs where a document keeps the components, for example `#/components/schemas/` */
export function wireSchemas(game: AnyGame, refs: string): WireSchemas {
  const { definitions, properties: typed } = typedSchemas(refs)
  const at = (...path: string[]): Schema => path.reduce((schema, name) => property(schema, name), { properties: typed } as Schema)
  const resolved = (schema: Schema): Schema => (schema.$ref ? (definitions[schema.$ref.slice(refs.length)] ?? {}) : schema)

  const components: Record<string, Schema> = {
    ...definitions,
    GameMove: { ...sent(game.move), description: `A move of the game that the cluster plays: ${game.name}.` },
    ErrorCode: errorCodes,
  }
  /** What the server checks, under the name of the equivalent type. */
  const request = (schema: z.ZodType, typedAs: Schema): Schema => {
    const name = typedAs.$ref?.slice(refs.length) ?? ''
    // Only here may an absent payload be null: that differs from null in replies.
    if (name === 'Nothing') return sent(schema)
    const checked = described(sent(schema), definitions[name] ?? {})
    if (name === 'MoveRequest') checked.properties = { ...checked.properties, move: { $ref: `${refs}GameMove` } }
    components[name] = checked
    return typedAs
  }
  // Building the table needs the rules alone: everything else is used when a command runs.
  const table = Object.entries(createCommands({ game } as CommandsOptions))
  const commands = Object.fromEntries(
    table.map(([event, { schema, rate }]) => [
      event,
      { request: request(schema, at('requests', event)), rate, reply: at('replies', event) },
    ]),
  ) as WireSchemas['commands']
  return {
    components,
    commands,
    events: resolved(at('events')).properties ?? {},
    handshake: { auth: at('handshake'), refusal: at('refusal') },
    http: {
      requests: {
        login: request(loginSchema, at('login', 'request')),
        profile: request(profileChangeSchema, at('me', 'request')),
      },
      queries: { leaderboard: asked(leaderboardSchema), matches: asked(historySchema) },
      replies: {
        login: at('login', 'reply'),
        session: at('session'),
        me: at('me', 'reply'),
        leaderboard: at('leaderboard'),
        matches: at('matches'),
        match: at('match'),
        headToHead: at('headToHead'),
        online: at('online'),
        error: at('error'),
      },
    },
  }
}

/** The catalogue of errors, for people and for programs. */
const errorCodes: Schema = {
  type: 'string',
  enum: Object.keys(ERRORS),
  description: [
    'A code of the catalogue. After a temporary error the same request may succeed later without a change by the caller.\n',
    '| code | HTTP | temporary | meaning |',
    '|---|---|---|---|',
    ...Object.entries(ERRORS).map(
      ([code, { http, temporary, message }]) => `| \`${code}\` | ${http} | ${temporary ? 'yes' : 'no'} | ${message} |`,
    ),
  ].join('\n'),
  'x-errors': ERRORS,
}

/** The types of wire-types.ts. Other fields are allowed: the wire may gain optional ones. */
function typedSchemas(refs: string): { definitions: Record<string, Schema>; properties: Record<string, Schema> } {
  const { definitions = {}, properties = {} } = createGenerator({
    path: join(ROOT, 'tools/docs/wire-types.ts'),
    tsconfig: join(ROOT, 'tsconfig.json'),
    expose: 'export',
    jsDoc: 'extended',
    // `npm run types` checks them.
    skipTypeCheck: true,
    additionalProperties: true,
    encodeRefs: false,
    topRef: false,
  }).createSchema('Wire')
  // `MatchView<GameMove,GameView>` is the only MatchView there is.
  const plain = (name: string): string => name.replace(/<.*>$/, '')
  const fix = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(fix)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]: [string, unknown]) => {
        if (key === '$ref') return [key, refs + plain(String(inner).slice('#/definitions/'.length))]
        // All numbers of this wire are whole.
        if (key === 'type' && inner === 'number') return [key, 'integer']
        if (key === 'type' && Array.isArray(inner)) return [key, inner.map((type) => (type === 'number' ? 'integer' : (type as string)))]
        return [key, fix(inner)]
      }),
    )
  }
  const named = Object.entries(definitions).map(([name, schema]) => [plain(name), fix(schema) as Schema] as const)
  return {
    definitions: { ...Object.fromEntries(named), Nothing: { type: 'object', description: 'An empty object.' } },
    properties: fix(properties) as Record<string, Schema>,
  }
}

/** What a client sends to satisfy a schema, before the server transforms it. */
function sent(schema: z.ZodType, io: 'input' | 'output' = 'input'): Schema {
  const { $schema: _draft, ...json } = z.toJSONSchema(schema, {
    io,
    target: 'draft-7',
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      const json = jsonSchema as Schema
      // The encoding expresses the same in one word.
      if (json['contentEncoding'] !== undefined) for (const keyword of ['format', 'pattern']) delete json[keyword]
      // Absent: there is no JSON for it.
      if (zodSchema._zod.def.type === 'union') json.anyOf = json.anyOf?.filter((each) => Object.keys(each).length > 0) ?? []
      if (json.type === 'number') json.enum?.sort()
    },
  }) as Schema
  return json
}

/**
 * The parameters of a query. Their text is parsed as numbers, and the resulting type says more than the text. If JSON has no such type,
 * they are described as sent.
 */
function asked(schema: z.ZodObject): Schema {
  const { properties: texts = {} } = sent(schema)
  const { properties: values = {} } = sent(schema, 'output')
  return {
    properties: Object.fromEntries(
      Object.entries(texts).map(([name, text]) => {
        const value = values[name]
        return [name, value?.type === undefined ? text : value.type === 'number' ? { ...value, type: 'integer' } : value]
      }),
    ),
  }
}

/** The schema with the descriptions of the type that it checks. */
function described(schema: Schema, type: Schema): Schema {
  const merged = { ...schema }
  if (schema.properties)
    merged.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([name, inner]) => {
        const description = type.properties?.[name]?.description
        return [name, description === undefined ? inner : { ...inner, description }]
      }),
    )
  return merged
}

function property({ properties }: Schema, name: string): Schema {
  const found = properties?.[name]
  if (!found) throw new Error(`The types of the wire have no "${name}": see tools/docs/wire-types.ts.`)
  return found
}

/** Those components to which a document refers, directly or through others. */
export function componentsOf(document: unknown, components: Record<string, Schema>, refs: string): Record<string, Schema> {
  const found: Record<string, Schema> = {}
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    if ('$ref' in value && typeof value.$ref === 'string' && value.$ref.startsWith(refs)) {
      const name = value.$ref.slice(refs.length)
      const component = components[name]
      if (component && !(name in found)) {
        found[name] = component
        visit(component)
      }
    }
    Object.values(value).forEach(visit)
  }
  visit(document)
  return Object.fromEntries(Object.entries(found).sort(([one], [two]) => (one < two ? -1 : 1)))
}
