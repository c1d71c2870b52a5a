/** Matches in Redis, read and committed in batches: one script call for everything that one event-loop tick asks for. */
import { readFileSync } from 'node:fs'
import type { MatchStatus } from '../../../client-sdk/src/protocol.ts'
import { dueKey, matchKey, matchPrefix, outboxKey, shardClockKey, shardOf, watchersKey } from '../keys.ts'
import type { Metrics } from '../metrics.ts'
import type { RedisClient } from '../redis/connect.ts'
import { fieldsOf, type Fields } from '../redis/reply.ts'
import { defineScript } from '../scripts.ts'
import { formatOf, type Formats } from './formats.ts'
import { DUE_TIMERS, endOf, type Match, type MatchEvent, type MatchSetup, type TimerChanges, type TimerName, type Timers } from './match.ts'
import type { Guard } from './transitions.ts'
import type { Snapshot } from './view.ts'

/** A match as it is stored. */
export interface Stored extends Snapshot {
  /** Names this state of the match, and never another one. */
  token: string
  /** Redis time of the last commit, ms. */
  at: number
}

export interface CommitEntry {
  /** That of the state after the change; from `newToken`. */
  token: string
  match: Match
  /** The token of the state that the change was made from; null if the match must be absent. */
  from: Stored | null
  guard: Guard
  timers: TimerChanges
  events: readonly MatchEvent[]
}

/**
 * - `committed`: `stored` is the match from now on; `unreachable` names nodes that should have received the change and are not subscribed.
 * - `conflict`: the match was changed by another node; `stored` is the current state, null if there is no match.
 * - `late`, `early`: the guard does not hold. `timers` and `now` say by how much.
 * - `overtaken`: the clock of Redis has stepped back behind the start of a timer, which first has to start again in a version of its own.
 */
export type CommitReply =
  | { code: 'committed'; stored: Stored; unreachable: readonly string[] }
  | { code: 'conflict'; stored: Stored | null }
  | { code: 'late' | 'early'; timers: Timers; now: number }
  | { code: 'overtaken' }

/** A change that another node has committed. */
export interface RemoteChange {
  /** The token of the state that the change was made from; '' for a new match. */
  from: string
  stored: Stored
  /** Players see the change: the version has grown. */
  visible: boolean
}

export interface MatchStore {
  /** A token that was never used before, whatever Redis forgets: an id drawn at the start of the process, and a sequence number. */
  newToken(): string
  /** Null if there is no such match. Rejects if Redis is away. */
  read(match: string): Promise<Stored | null>
  /**
   * Writes a match if its stored token is the expected one. Rejects if the outcome is unknown: the connection was lost, or Redis refused.
   * @throws Error if the entry is invalid, such as a version that goes back
   */
  commit(entry: CommitEntry): Promise<CommitReply>
  /**
   * Matches of a shard in which something has been due for `graceMs`, or whose timers begin in the future after a step of the clock of
   * Redis.
   */
  due(shard: number, graceMs: number, limit: number): Promise<string[]>
  /** Runs the task before the requests of this event-loop tick are sent, so that the commits that it makes are part of them. */
  beforeSending(task: () => void): void
  /**
   * Parses a message of another node: its changes in their order, or only the id for a change that needs the setup of a match that
   * `setupOf` does not know.
   */
  parse(message: string, setupOf: (match: string) => MatchSetup | undefined): (RemoteChange | { id: string })[]
}

export interface MatchStoreOptions {
  redis: RedisClient
  metrics: Pick<Metrics, 'scriptSeconds' | 'commits'>
  /** Names this life of the node; no other has the same. */
  node: string
  formats: Formats
  /** How long an ended match stays readable, ms. */
  retainMs: number
  /** The scripts; tests break them to check that tests notice. */
  scripts?: typeof SCRIPTS
}

/** A match that nobody changes for a day expires, ms. */
const LIVE_MS = 86_400_000
/** Entries of one call: a script of a few milliseconds. */
const AT_ONCE = 100
/** The timer at whose end nothing is due. */
const SILENT: TimerName = 'opens'

const source = (name: string): string => readFileSync(new URL(`${name}.lua`, import.meta.url), 'utf8')
export const SCRIPTS = { commit: source('commit'), read: source('read'), due: source('due') }

interface Pending<T> {
  keys: string[]
  args: string[]
  resolve(reply: Fields, now: number, unreachable: readonly string[]): T
  reject(error: unknown): void
}

/** The node of a connection; '' for that of a bot and for none. */
export const nodeOf = (connection: string): string => connection.slice(0, Math.max(0, connection.indexOf(':')))

export function createMatchStore({ redis, metrics, node, formats, retainMs, scripts = SCRIPTS }: MatchStoreOptions): MatchStore {
  const runCommit = defineScript(redis, metrics, 'match_commit', scripts.commit)
  const runRead = defineScript(redis, metrics, 'match_read', scripts.read)
  const runDue = defineScript(redis, metrics, 'match_due', scripts.due, 2)
  let sequence = 0

  function storedFrom(
    id: string,
    { token, version, status, state, setup, timers, at }: Fields,
    now: number,
    known?: MatchSetup,
  ): Stored | null {
    if (!token) return null
    const matchSetup = setup ? (JSON.parse(setup) as MatchSetup) : known
    if (!matchSetup) throw new Error(`match ${id} is stored without its setup`)
    const match: Match = {
      id,
      setup: matchSetup,
      version: Number(version),
      status: status as MatchStatus,
      ...formatOf(formats, matchSetup).decodeState(state ?? ''),
    }
    return { token, match, timers: timersFrom(timers), at: Number(at), now }
  }

  /** Collects the requests of one tick; on a Cluster, those of each hash slot. */
  function batched<T>(call: (batch: Pending<T>[]) => Promise<void>): (shard: number, pending: Pending<T>) => void {
    let waiting = new Map<number, Pending<T>[]>()
    const flush = (): void => {
      const batches = waiting
      waiting = new Map()
      for (const batch of batches.values()) {
        for (let from = 0; from < batch.length; from += AT_ONCE) void call(batch.slice(from, from + AT_ONCE))
      }
    }
    return (shard, pending) => {
      if (waiting.size === 0) redis.batcher.before(flush)
      const slot = redis.isCluster ? shard : 0
      const batch = waiting.get(slot)
      if (batch) batch.push(pending)
      else waiting.set(slot, [pending])
    }
  }

  const callWith =
    <T>(run: (keys: string[], args: string[]) => Promise<unknown>) =>
    async (batch: Pending<T>[]): Promise<void> => {
      try {
        const reply = fieldsOf(
          await run(
            batch.flatMap(({ keys }) => keys),
            batch.flatMap(({ args }) => args),
          ),
        )
        const now = Number(reply['now'])
        const unreachable = (reply['unreachable'] as unknown as string[] | undefined) ?? []
        const entries = reply['entries'] as unknown as unknown[]
        batch.forEach((pending, index) => {
          try {
            pending.resolve(fieldsOf(entries[index]), now, unreachable)
          } catch (error) {
            pending.reject(error)
          }
        })
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }

  const pendRead = batched<void>(callWith((keys) => runRead(keys.length, ...keys)))
  const pendCommit = batched<void>(callWith((keys, args) => runCommit(keys.length, ...keys, node, ...args)))

  return {
    beforeSending: (task) => redis.batcher.before(task),
    newToken: () => `${node}.${(sequence += 1).toString(36)}`,
    read(match) {
      const { promise, resolve, reject } = Promise.withResolvers<Stored | null>()
      pendRead(shardOf(match), {
        keys: [matchKey(match)],
        args: [],
        resolve: (fields, now) => resolve(storedFrom(match, fields, now)),
        reject,
      })
      return promise
    },
    commit({ token, match, from, guard, timers, events }) {
      const { promise, resolve, reject } = Promise.withResolvers<CommitReply>()
      const { id, setup, version, status } = match
      const shard = shardOf(id)
      const state = formatOf(formats, setup).encodeState(match)
      const envelope: Envelope = {
        id,
        expect: from?.token ?? '',
        token,
        version,
        status,
        ...guard,
        timers: timersTo(timers),
        expireMs: status === 'finished' ? retainMs : LIVE_MS,
        events: events.map((event) => JSON.stringify(event)),
        nodes: nodesOfSeats(match),
      }
      const pending: Pending<void> = {
        keys: [matchKey(id), dueKey(shard), outboxKey(shard), watchersKey(id)],
        args: [JSON.stringify(envelope), state, from?.match.setup === setup ? '' : JSON.stringify(setup)],
        resolve(fields, now, unreachable) {
          const code = fields['code']
          metrics.commits.inc({ outcome: code ?? 'invalid' })
          if (code === 'committed')
            resolve({ code, stored: { token, match, timers: timersFrom(fields['timers']), at: now, now }, unreachable })
          else if (code === 'conflict') resolve({ code, stored: storedFrom(id, fields, now, setup) })
          else if (code === 'late' || code === 'early') resolve({ code, timers: timersFrom(fields['timers']), now })
          else if (code === 'overtaken') resolve({ code })
          else throw new Error(`the commit of match ${id} is invalid`)
        },
        reject,
      }
      pendCommit(shard, pending)
      return promise
    },
    async due(shard, graceMs, limit) {
      return (await runDue(dueKey(shard), shardClockKey(shard), graceMs, limit, matchPrefix(shard))) as string[]
    },
    parse(message, setupOf) {
      const lines = message.split('\n')
      const changes: (RemoteChange | { id: string })[] = []
      for (let i = 0; i + 2 < lines.length; i += 3) {
        const { id, from, timers, now, visible, ...rest } = JSON.parse(lines[i] ?? '') as Message
        const known = lines[i + 2] ? undefined : setupOf(id)
        if (!lines[i + 2] && !known) {
          changes.push({ id })
          continue
        }
        const fields: Fields = { ...(rest as unknown as Fields), state: lines[i + 1], setup: lines[i + 2], at: String(now) }
        const stored = storedFrom(id, fields, now, known)
        if (stored) changes.push({ from, stored: { ...stored, timers }, visible })
      }
      return changes
    },
  }
}

/** What the commit script receives beside the state and the setup. */
interface Envelope extends Guard {
  id: string
  /** The token that the match must have; '' if it must be absent. */
  expect: string
  /** The next token, never used before. */
  token: string
  /** Version and status of the next state. Neither may go back. */
  version: number
  status: MatchStatus
  /** Timers to start, with their length in ms, or to clear (false); others go on. Nothing is due at the end of a silent one. */
  timers: Record<string, { ms: number; silent?: true } | false>
  /** How long the match is kept if it is not committed again, ms. */
  expireMs: number
  /** JSON texts for the outbox. Each entry is stored with the time of the commit; the stream id is only a position. */
  events: string[]
  /** The nodes to publish the change to, except the one that commits. Nodes with spectators receive it too. */
  nodes: string[]
}

/** The part of a message between nodes that describes a change, beside its state and setup. */
interface Message {
  id: string
  from: string
  token: string
  version: number
  status: MatchStatus
  now: number
  timers: Timers
  visible: boolean
}

/** The nodes on which seats of a match are played. */
export function nodesOfSeats({ seats }: Match): string[] {
  return [...new Set(seats.map(({ connection }) => nodeOf(connection)))].filter((each) => each !== '')
}

const timersFrom = (text: string | undefined): Timers => (text ? (JSON.parse(text) as Timers) : {})

function timersTo(changes: TimerChanges): Envelope['timers'] {
  const named: Envelope['timers'] = {}
  for (const [name, ms] of Object.entries(changes))
    named[name] = ms === false ? false : { ms, ...(name === SILENT ? { silent: true } : {}) }
  return named
}

/** Whether the clock of Redis has stepped back behind the start of a timer. */
export const isOvertaken = ({ timers, now }: Pick<Stored, 'timers' | 'now'>): boolean =>
  Object.values(timers).some(({ start }) => start > now)

/** When the next timer is due, in ms of Redis time; null if none runs. */
export function dueAt(timers: Timers): number | null {
  let due: number | null = null
  for (const name of DUE_TIMERS) {
    const at = endOf(timers[name])
    if (at !== null && (due === null || at < due)) due = at
  }
  return due
}
