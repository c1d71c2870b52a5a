import { game } from '../../games/rps/index.ts'
import { FORMATS } from '../../server/src/match/formats.ts'
import { createGameplay, type GameplayConfig } from '../../server/src/roles/gameplay.ts'
import { playerConnectionKey, playerKey } from '../../server/src/keys.ts'
import { createLog } from '../../server/src/log.ts'
import { createMetrics } from '../../server/src/metrics.ts'
import { connectionIn } from '../../server/src/realtime/connections.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import type { PublicPlayer } from '../../client-sdk/src/protocol.ts'

/** A fault of a node: it dies before its n-th command, or stalls there for a while. */
export interface Fault {
  atCommand: number
  kind: 'die' | 'stall'
  stallMs: number
}

/** The commands of a node to Redis and their replies, kept unformatted until they are needed as text. */
export interface TracedCommand {
  /** `performance.now()`, ms. */
  at: number
  node: string
  command: { name: string; args: unknown[] }
  reply?: unknown
}

/** The commands that mention this word, one per line. */
export function traceLines(trace: readonly (TracedCommand | string)[], word: string): string[] {
  return trace
    .map((each) =>
      typeof each === 'string'
        ? each
        : `${Math.round(each.at)} ${each.node} ${each.command.name} ` +
          `${each.command.args.map(String).join(' ')} → ${JSON.stringify(each.reply)}`,
    )
    .filter((line) => new RegExp(`\\b${word}\\b`).test(line))
    .map((line) => line.slice(0, 600))
}

/** `gone` settles when the node dies or stalls. */
export type GameNode = ReturnType<typeof createGameNode>

/** Nothing ends by itself within a test, and windows and bots are quick. */
const DEFAULTS: Omit<GameplayConfig, 'SHARDS' | 'SWEEP_MS' | 'ROUND_MS'> = {
  SWEEP_GRACE_MS: 0,
  MATCH_RETAIN_MS: 600_000,
  REVEAL_MS: 0,
  MAX_ROUNDS_FACTOR: 3,
  MAX_MISSED: 2,
  BOT_AFTER_MS: 600_000,
  BOT_MIN_MS: 5,
  BOT_MAX_MS: 20,
  ROOM_WAIT_MS: 600_000,
  READY_MS: 600_000,
  TICKET_TTL_MS: 600_000,
  RANKED_WINDOW: 100,
  RANKED_WINDOW_PER_SECOND: 2000,
  CASUAL_WINDOW: 400,
  CASUAL_WINDOW_PER_SECOND: 4000,
  ABANDON_FREE: 1000,
  ABANDON_WAIT_MS: 1,
  ABANDON_WAIT_MAX_MS: 1,
}
const metrics = createMetrics('test')
const log = createLog({ LOG_LEVEL: 'silent', NODE_NAME: 'test' })

/**
 * The game part of a node on a real Redis, without sockets, so that it can die or stall between any two commands, and thousands of such
 * lives fit into a test. A dead node never replies again, like a killed process.
 */
export function createGameNode(
  shared: RedisClient,
  fault: Fault | null,
  settings: { shards: number; sweepMs: number; roundMs: number; slots?: 'one' | 'many' },
  name = 'test',
  trace?: (TracedCommand | string)[],
) {
  let commands = 0
  let dead = false
  let stalled: Promise<void> | null = null
  const gone = Promise.withResolvers<null>()
  const redis = Object.create(shared) as RedisClient
  // One command for each key, so that a node can die between any two of them.
  Object.defineProperty(redis, 'batchedGet', { value: (key: string) => redis.get(key) })
  // As on a Redis Cluster, no call reaches the matches of more than one shard.
  if (settings.slots === 'many') Object.defineProperty(redis, 'isCluster', { value: true })
  const sendNow = shared.sendCommand.bind(shared) as (...args: unknown[]) => unknown
  const send = (...args: unknown[]): unknown => {
    if (trace) {
      const command = args[0] as TracedCommand['command'] & { promise: Promise<unknown> }
      const traced: TracedCommand = { at: performance.now(), node: name, command }
      trace.push(traced)
      const keep = (reply: unknown): void => {
        traced.reply = reply
      }
      command.promise.then(keep, keep)
    }
    return sendNow(...args)
  }
  redis.sendCommand = (...args: unknown[]) => {
    commands += 1
    if (fault && commands === fault.atCommand) {
      if (fault.kind === 'die') {
        gone.resolve(null)
        close()
      } else {
        gone.resolve(null)
        stalled = new Promise((resolve) => setTimeout(resolve, fault.stallMs)).then(() => {
          stalled = null
        })
      }
    }
    if (dead) return new Promise(() => undefined)
    // The node was closed while it stalled: its result no longer belongs to a test.
    return stalled ? stalled.then(() => (dead ? new Promise(() => undefined) : send(...args))) : send(...args)
  }

  const profile = async (id: string): Promise<PublicPlayer | null> =>
    JSON.parse((await redis.get(playerKey(id))) ?? 'null') as PublicPlayer | null
  const { close: closeGameplay, ...gameplay } = createGameplay({
    redis,
    game,
    config: { ...DEFAULTS, SHARDS: settings.shards, SWEEP_MS: settings.sweepMs, ROUND_MS: settings.roundMs },
    formats: FORMATS,
    metrics,
    log,
    node: name,
    profile,
    connectionOf: async (player) => connectionIn(await redis.get(playerConnectionKey(player))),
    isDead: async () => false,
    show: () => undefined,
    showHere: () => undefined,
    format: () => 1,
    orphanedMs: 40,
  })
  function close(): void {
    dead = true
    closeGameplay()
  }
  return { ...gameplay, isDead: () => dead, gone: gone.promise, close }
}
