import { hostname } from 'node:os'
import { z } from 'zod'
import { parseRate, type Rate } from './limits.ts'
import { parseRedisAddress, withoutPassword } from './redis/address.ts'

const ms = (fallback: number) => z.coerce.number().int().min(1).default(fallback)
const count = (fallback: number) => z.coerce.number().int().min(1).default(fallback)
const flag = (fallback: 'on' | 'off') =>
  z
    .enum(['on', 'off'])
    .default(fallback)
    .transform((value) => value === 'on')
const url = (...protocols: string[]) =>
  z.url().refine((value) => protocols.includes(new URL(value).protocol), `must start with ${protocols.join('// or ')}//`)

const redisUrl = z.string().superRefine((text, context) => {
  try {
    parseRedisAddress(text)
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'not valid' })
  }
})

function readLimits(text: string, context: z.RefinementCtx): Record<string, Rate> {
  const limits: Record<string, Rate> = {}
  for (const entry of text.split(',').filter(Boolean)) {
    const [event = '', rate = ''] = entry.split('=').map((part) => part.trim())
    try {
      limits[event] = parseRate(rate)
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'not valid' })
    }
  }
  return limits
}

const FIELD_VALUES = ['friend', 'hint', 'code'] as const

function readFields(text: string, context: z.RefinementCtx): Record<string, (typeof FIELD_VALUES)[number]> {
  const fields: Record<string, (typeof FIELD_VALUES)[number]> = {}
  for (const entry of text.split(',').filter(Boolean)) {
    const [field = '', name = ''] = entry.split('=').map((part) => part.trim())
    const value = FIELD_VALUES.find((each) => each === name)
    if (/^[a-z_]+\d*$/.test(field) && value) fields[field] = value
    else context.addIssue({ code: 'custom', message: `"${entry}" is not <field>=<${FIELD_VALUES.join(' | ')}>` })
  }
  return fields
}

/** WeChat's own hosts: in production the server sends requests to no other host. */
const WECHAT_HOSTS = ['api.weixin.qq.com', 'api2.weixin.qq.com', 'sh.api.weixin.qq.com', 'sz.api.weixin.qq.com', 'hk.api.weixin.qq.com']

/** Every setting: an environment variable, its unit (_MS: milliseconds) and its default. docs/configuration.md is generated from it. */
export const schema = z.object({
  NODE_ENV: z
    .enum(['production', 'development', 'test'])
    .default('development')
    .describe('production refuses a stand-in for WeChat and warns about a Redis without AOF'),
  NODE_NAME: z.string().min(1).default(hostname()).describe('name of this node in logs, metrics and replies'),
  HOST: z.string().default('0.0.0.0').describe('address to listen on'),
  PORT: z.coerce.number().int().min(0).max(65535).default(3000).describe('port to listen on'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('least severe level that is logged'),
  TRUST_PROXY: z.string().default('loopback, linklocal, uniquelocal').describe("whose X-Forwarded-For is believed, in express' terms"),

  PUBLIC_URL: url('https:', 'http:')
    .optional()
    .describe(
      'where clients reach this service; addresses of uploaded pictures begin with it. Without it, pictures are refused in ' +
        'production, and their addresses begin with http://localhost elsewhere',
    ),

  REDIS_URL: redisUrl.describe(
    'Redis 7 or newer: redis[s]://[[user]:password@]host[:port][,host[:port] …]; several hosts are nodes of one Redis Cluster, which ' +
      'names the others',
  ),
  REDIS_CLUSTER: flag('off').describe('whether that is a Redis Cluster'),
  REDIS_CA: z
    .string()
    .min(1)
    .optional()
    .describe('PEM file of the certificate authority of Redis, for rediss://; without it, the authorities that Node knows'),
  REDIS_TIMEOUT_MS: ms(2000).describe('time after which a command counts as failed'),
  DATABASE_URL: url('mysql:', 'mariadb:').describe(
    'MySQL 8 or MariaDB 10.6 and newer (tried: MySQL 9.7, MariaDB 10.11); ?sslaccept=strict&sslcert=<PEM file of the authority> for TLS',
  ),
  DATABASE_CONNECTIONS: count(8).describe('most connections to MySQL that one process opens; two stay open while it is idle'),

  WECHAT_API_URL: url('https:', 'http:')
    .default('https://api.weixin.qq.com')
    .describe("where login codes are exchanged; production accepts only WeChat's own hosts"),
  WECHAT_APPID: z.string().min(1).describe('AppID of the mini program'),
  WECHAT_SECRET: z.string().min(1).describe('AppSecret of the mini program'),
  WECHAT_CLOUD: flag('off').describe(
    'whether this runs in WeChat cloud hosting: logins then trust the X-WX-OPENID of its gateway and need no AppSecret. Never set it ' +
      'to on if anything else can reach the server',
  ),
  WECHAT_TIMEOUT_MS: ms(4000).describe('time after which WeChat counts as unavailable'),
  WECHAT_PUSH_TOKEN: z
    .string()
    .regex(/^[A-Za-z0-9]{3,32}$/, 'must be 3 to 32 letters and digits')
    .optional()
    .describe(
      "the Token of the mini program's message push, whose URL is PUBLIC_URL/api/wechat/push and whose data format is JSON; pictures " +
        'are accepted through it',
    ),
  WECHAT_PUSH_AES_KEY: z
    .string()
    .regex(/^[A-Za-z0-9]{43}$/, 'must be the 43 characters of EncodingAESKey')
    .optional()
    .describe(
      'the EncodingAESKey of the message push, if it is in secure mode, which is recommended; then only encrypted messages are accepted',
    ),

  WECHAT_WAITING_TEMPLATE: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe(
      'id of the one-time subscription template that informs hosts who have left their room that a friend waits there; without it no ' +
        'messages are sent',
    ),
  WECHAT_WAITING_FIELDS: z
    .string()
    .default('thing1=friend,thing2=hint')
    .transform(readFields)
    .describe("what goes into the template's fields: <field>=<friend, hint or code>, separated by commas"),
  WECHAT_WAITING_HINT: z.string().min(1).max(20).default('好友在房间里等你').describe('the text of hint in that message'),

  CONTENT_SAFETY: z
    .enum(['wechat', 'off'])
    .default('off')
    .describe('whether WeChat has to accept nicknames and pictures before other players see them; a published mini program needs this'),
  CONTENT_CHECK_POLL_MS: ms(2000).describe('how often a node looks for nicknames and pictures that still have to be checked'),
  CONTENT_CHECK_LEASE_MS: ms(30_000).describe('how long a node has a check to itself; longer than WeChat takes to reply'),
  CONTENT_CHECK_RETRY_MS: ms(5000).describe(
    'wait before the next attempt if WeChat did not reply or refused; it doubles with each attempt',
  ),
  CONTENT_CHECK_RETRY_MAX_MS: ms(3_600_000).describe('the longest such wait'),
  CONTENT_CHECK_QUOTA_MS: ms(60_000).describe(
    'how long a node sends no checks after WeChat refused because of a quota; there is one per minute and one per day',
  ),
  CONTENT_CHECK_ANSWER_MS: ms(2_100_000).describe('time after which a picture is sent to WeChat again; its result comes within 30 minutes'),

  SESSION_IDLE_MS: ms(7 * 86_400_000).describe('a session ends after this long without use'),
  SESSION_MAX_MS: ms(30 * 86_400_000).describe("a session ends after this long in any case: WeChat's session_key lives 30 days"),

  SHARDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(4096)
    .default(16)
    .describe('hash slots over which matches are spread; never lower it while matches run'),
  GAME: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .default('rps')
    .describe('the game: a folder under games/; a cluster always plays the same game'),
  ROUND_MS: z.coerce.number().int().min(1).optional().describe('how long a round stays open; by default the game decides, 10 s for rps'),
  REVEAL_MS: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .describe('how long a decided round is shown before the next one opens; by default the game decides'),
  MAX_MISSED: count(2).describe('missed rounds in a row that forfeit a match'),
  MAX_ROUNDS_FACTOR: count(3).describe('a match has at most this many times bestOf rounds'),
  MATCH_RETAIN_MS: ms(600_000).describe('how long an ended match stays in Redis'),
  ROOM_WAIT_MS: ms(1_800_000).describe('how long a room waits for its second player'),
  READY_MS: ms(60_000).describe(
    'how long a room with two players waits until both are connected and in the foreground; then it closes without a result',
  ),
  TICKET_TTL_MS: ms(15_000).describe('a ticket expires after this long without a heartbeat'),
  RANKED_WINDOW: count(200).describe('rating points within which a ranked opponent is accepted at once'),
  RANKED_WINDOW_PER_SECOND: count(50).describe('rating points by which the window widens for each second of waiting'),
  CASUAL_WINDOW: count(400).describe('rating points within which a casual opponent is accepted at once'),
  CASUAL_WINDOW_PER_SECOND: count(200).describe('rating points by which the window widens for each second of waiting'),
  BOT_AFTER_MS: ms(12_000).describe('players who wait this long for a casual match are paired with a bot'),
  BOT_MIN_MS: ms(800).describe('shortest time that a bot thinks'),
  BOT_MAX_MS: ms(3000).describe('longest time that a bot thinks; never more than 60 % of a round'),
  ABANDON_FREE: z.coerce
    .number()
    .int()
    .min(0)
    .default(2)
    .describe('ranked matches that a player may forfeit within an hour without a wait'),
  ABANDON_WAIT_MS: ms(30_000).describe('the wait after one more; it doubles with each further one'),
  ABANDON_WAIT_MAX_MS: ms(600_000).describe('the longest such wait'),
  SWEEP_MS: ms(1000).describe('how often a node looks for what other nodes have left undone'),
  SWEEP_GRACE_MS: z.coerce
    .number()
    .int()
    .min(0)
    .default(250)
    .describe('how late a deadline must be before the sweep of another node carries it out'),

  MAX_CONNECTIONS: count(20_000).describe('sockets after which this node refuses new ones as overloaded'),
  MAX_EVENT_LOOP_DELAY_MS: ms(250).describe(
    'mean delay of the event loop, for two seconds in a row, above which this node refuses new sockets as overloaded, until it is ' +
      'half of that',
  ),
  PING_INTERVAL_MS: ms(10_000).describe('how often a client is pinged'),
  PING_TIMEOUT_MS: ms(10_000).describe(
    'time after which a client that does not reply counts as gone; together with the interval, below proxy_read_timeout of nginx',
  ),
  DRAIN_MS: z.coerce.number().int().min(0).default(20_000).describe('window over which the sockets are closed after SIGTERM'),
  LIMITS: z
    .string()
    .default('')
    .transform(readLimits)
    .describe('limits per player that replace those of commands: <event>=<per second>/<at once>, separated by commas'),
  HANDSHAKES_PER_MINUTE: count(3000).describe('connections that one address may open at this node'),
  UNAUTHENTICATED_MS: z.coerce.number().int().min(5000).default(10_000).describe('how long a connection may take to show its session'),
  UNAUTHENTICATED_PER_ADDRESS: count(1000).describe('connections without a session that one address may hold at this node at once'),
  API_PER_MINUTE: count(12_000).describe('requests below /api that one address may make at this node, a quarter of them at once'),
  LOGIN_PER_MINUTE: count(600).describe('logins that one address may try at this node: mobile carriers share addresses'),

  RECORDER: flag('on').describe('whether this server also records outboxes in MySQL; off if separate recorders do'),
  RECORDER_POLL_MS: ms(500).describe('how long the recorder collects events for one transaction'),
  RECORDER_BATCH: count(2000).describe('most events that one transaction records'),
  RECORDER_LEASE_MS: ms(5000).describe('how long a recorder has a shard to itself'),
})

export type Config = Readonly<z.infer<typeof schema>>

/** A configuration that cannot be used. The message lists every error and is meant to be printed as it is. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** A recorder sends nothing to WeChat, so it does not need the AppSecret. In cloud hosting WeChat itself names the player who logs in. */
const withoutSecret = schema.extend({
  WECHAT_APPID: schema.shape.WECHAT_APPID.default('none'),
  WECHAT_SECRET: schema.shape.WECHAT_SECRET.default('none'),
})

const redisSchema = schema.pick({ REDIS_URL: true, REDIS_CLUSTER: true, REDIS_CA: true, REDIS_TIMEOUT_MS: true })

/** Reads the configuration from the environment, once. @throws ConfigError */
export function readConfig(env: NodeJS.ProcessEnv, role: 'server' | 'recorder' = 'server'): Config {
  const config = parse(role === 'recorder' || env['WECHAT_CLOUD'] === 'on' ? withoutSecret : schema, env)
  const wechat = new URL(config.WECHAT_API_URL)
  if (config.NODE_ENV === 'production' && (wechat.protocol !== 'https:' || !WECHAT_HOSTS.includes(wechat.hostname))) {
    throw new ConfigError(
      `WECHAT_API_URL: in production, requests go only to WeChat itself (https://${WECHAT_HOSTS[0]}), not to ${wechat.origin}. ` +
        'A stand-in would let anyone log in as any player.',
    )
  }
  checkRedisSettings(config)
  if (role === 'server' && config.CONTENT_SAFETY === 'wechat' && config.WECHAT_PUSH_TOKEN === undefined) {
    throw new ConfigError(
      'WECHAT_PUSH_TOKEN is required with CONTENT_SAFETY=wechat: WeChat sends the results of picture checks through the message push.',
    )
  }
  if (config.BOT_MIN_MS > config.BOT_MAX_MS) throw new ConfigError('BOT_MIN_MS must not exceed BOT_MAX_MS.')
  if (config.SESSION_IDLE_MS > config.SESSION_MAX_MS) throw new ConfigError('SESSION_IDLE_MS must not exceed SESSION_MAX_MS.')
  return Object.freeze(config)
}

/** The settings of a tool that uses Redis only. @throws ConfigError */
export function readRedisSettings(env: NodeJS.ProcessEnv): z.infer<typeof redisSchema> {
  const settings = parse(redisSchema, env)
  checkRedisSettings(settings)
  return settings
}

function parse<T extends z.ZodObject>(of: T, env: NodeJS.ProcessEnv): z.infer<T> {
  const known = Object.fromEntries(Object.keys(of.shape).map((key) => [key, env[key] === '' ? undefined : env[key]]))
  const parsed = of.safeParse(known)
  if (parsed.success) return parsed.data
  const errors = parsed.error.issues.map((issue) => {
    const key = issue.path.join('.')
    return `  ${key}: ${env[key] ? issue.message : 'is required'}`
  })
  throw new ConfigError(`The configuration is not valid:\n${errors.join('\n')}`)
}

function checkRedisSettings({ REDIS_URL, REDIS_CLUSTER, REDIS_CA }: z.infer<typeof redisSchema>): void {
  const { nodes, db, tls } = parseRedisAddress(REDIS_URL)
  if (nodes.length > 1 && !REDIS_CLUSTER) throw new ConfigError('REDIS_URL names several nodes: set REDIS_CLUSTER=on, or name one.')
  if (db !== 0 && REDIS_CLUSTER) throw new ConfigError('REDIS_URL: a Redis Cluster has database 0 only.')
  if (REDIS_CA !== undefined && !tls)
    throw new ConfigError('REDIS_CA works with rediss:// only: with REDIS_URL as it is, everything would be sent unencrypted.')
}

/** Warnings about a configuration that is valid but may not be meant. */
export function warningsOf({ NODE_ENV, CONTENT_SAFETY }: Pick<Config, 'NODE_ENV' | 'CONTENT_SAFETY'>): string[] {
  if (NODE_ENV !== 'production' || CONTENT_SAFETY === 'wechat') return []
  return ['CONTENT_SAFETY is off: nicknames and pictures are shown unchecked, which WeChat does not allow a published mini program']
}

/** The address at which clients reach this service, without a trailing slash. Null if PUBLIC_URL is not set in production. */
export function publicUrlOf({ PUBLIC_URL, NODE_ENV, PORT }: Pick<Config, 'PUBLIC_URL' | 'NODE_ENV' | 'PORT'>): string | null {
  if (PUBLIC_URL !== undefined) return PUBLIC_URL.replace(/\/+$/, '')
  return NODE_ENV === 'production' ? null : `http://localhost:${PORT}`
}

/** The configuration without credentials, for logs. */
export function printable(config: Config): Record<string, unknown> {
  const bare = (text: string): string => {
    const parsed = new URL(text)
    if (parsed.password) parsed.password = '***'
    return parsed.href
  }
  const hidden = (secret: string | undefined): string | undefined => (secret === undefined ? undefined : '***')
  const secrets = {
    WECHAT_SECRET: '***',
    WECHAT_PUSH_TOKEN: hidden(config.WECHAT_PUSH_TOKEN),
    WECHAT_PUSH_AES_KEY: hidden(config.WECHAT_PUSH_AES_KEY),
  }
  return { ...config, ...secrets, REDIS_URL: withoutPassword(config.REDIS_URL), DATABASE_URL: bare(config.DATABASE_URL) }
}
