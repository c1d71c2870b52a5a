import { readFileSync } from 'node:fs'
import type { RedisClient } from '../redis/connect.ts'
import { outgoing } from '../redis/gather.ts'
import type { ErrorCode } from '../../client-sdk/src/errors.ts'
import type { BestOf, MatchMode, MatchStatus, Move, PublicPlayer, ResultReason, RoundView, SeatIndex } from '../../client-sdk/src/protocol.ts'
import { dueKey, matchKey, matchPrefix, outboxKey, shardOf } from '../keys.ts'
import type { Metrics } from '../metrics.ts'
import { defineScript, type Script } from '../scripts.ts'
import type { NewMatch, NewSeat, Settled } from './rules.ts'
import type { MatchLimits, MatchState, SeatState } from './state.ts'

/** The answer of a script: what became of the request, the match after it, and Redis time (ms). */
export type Verdict = Change | { code: ErrorCode; state: MatchState | null; now: number }

export interface Change {
  code: Settled
  state: MatchState
  now: number
  /** How long after its deadline a round was closed, ms. */
  lateMs?: number
  /** Nodes on which seats are played, and which did not hear of this. */
  deaf?: string[]
}

/** What another node did to a match that a seat on this one is part of. */
export type News = Pick<Change, 'state' | 'now'>

/** What claims a player for a match that has not begun; see `Whereabouts`. */
export interface Claim {
  /** Where it is noted, and what. */
  key: string
  place: string
  ms: number
  /** What may stand there: the place of a match that has ended. */
  left?: string
}

/** Who sat where in a match that has ended. */
export type Ended = readonly [one: string, two: string]

export interface Overdue {
  match: string
  round: number
}

/**
 * The only way to a match. Every method is one atomic script; all of them may be repeated, and all
 * of them refuse what names a match or round that is no longer the one meant.
 * Methods reject only when Redis is away.
 */
export interface Referee {
  /** @param retainMs how long the match stays readable after its end */
  create(spec: NewMatch, retainMs: number): Promise<Verdict>
  /**
   * Creates a match, claims its players and seats the second, in one step; null where that takes several: on a Redis
   * Cluster, and where the match exists or a player may be in another.
   */
  form(spec: NewMatch, retainMs: number, second: NewSeat, claims: Claim[]): Promise<Change | null>
  /** Lets a waiting match wait on for this long, ms. */
  confirm(match: string, waitMs: number): Promise<Verdict>
  /** @param token the claim that brings the player here; refused with `room_closed` when it has been overtaken */
  join(match: string, seat: NewSeat, token: string): Promise<Verdict>
  move(match: string, player: string, round: number, move: Move): Promise<Verdict>
  /** @param botMove what a bot plays if its move is due */
  expire(match: string, round: number, botMove: Move): Promise<Verdict>
  leave(match: string, player: string): Promise<Verdict>
  presence(match: string, player: string, connection: string, connected: boolean): Promise<Verdict>
  /** Bars a claim that is not seated: `ok`, it never will be; `in_match`, the player is seated and the match runs. */
  bar(match: string, player: string, token: string): Promise<Verdict>
  read(match: string): Promise<Verdict>
  /** @param nextId id of the match that follows if the other seat has asked before */
  rematch(match: string, player: string, nextId: string): Promise<Verdict>
  /** Ends the making of the match that follows. */
  rematched(match: string): Promise<Verdict>
  /** Reads for a spectator: from now on `watched` is set. */
  watch(match: string): Promise<Verdict>
  /** Matches of a shard whose deadline is more than `graceMs` past. */
  overdue(shard: number, graceMs: number, limit: number): Promise<Overdue[]>
  /** The players of a match that this node has seen end a while ago: it never runs again. */
  ended(match: string): Ended | null
  /** Reads a message that came on a channel of this node: what the scripts of other nodes have changed. */
  hear(message: string): (News | Promise<News | null>)[]
}

/**
 * What changes while a match is played, in the order in which scripts tell it. Everything else is fixed once both
 * seats are taken, and a node that knows it needs no more than these.
 */
const VARYING = [
  'version', 'status', 'round', 'deadlineAt', 'botAt', 'score0', 'score1', 'move0', 'move1', 'conn0', 'conn1', 'missed0', 'missed1',
  'lastRound', 'resultWinner', 'resultReason', 'startedAt', 'endedAt', 'again0', 'again1', 'next', 'watched',
] as const

/** What does not, in the order in which scripts tell it. The second seat is empty until somebody takes it. */
const FIXED = ['id', 'mode', 'code', 'bestOf', 'roundMs', 'maxRounds', 'maxMissed', 'botMinMs', 'botMaxMs', 'player0', 'bot0', 'player1', 'bot1'] as const

/** Running matches of which a node remembers what is fixed: more than it can have players for. */
const REMEMBERED = 50_000
/** Ended matches of which a node remembers who played: those of a minute, from which most players ask for the next. */
const ENDED_REMEMBERED = 10_000
/** Moves in one call: a script of a few ms. */
const MOVES_AT_ONCE = 200

const SCRIPTS = ['create', 'confirm', 'join', 'expire', 'leave', 'presence', 'bar', 'read', 'rematch', 'rematched', 'watch'] as const
type ScriptName = (typeof SCRIPTS)[number]
type Reply = [code: string, now: number, deaf: string, varying: string, fixed: (string | number)[], deadline?: string]
type MovesReply = [now: number, deaf: string, ...codesAndVarying: string[]]

interface PendingMove {
  match: string
  keys: [string, string, string]
  args: [player: string, round: number, move: Move]
  resolve(verdict: Verdict | Promise<Verdict>): void
  reject(fault: unknown): void
}

const luaList = (names: readonly string[]): string => `{ ${names.map((name) => `'${name}'`).join(', ')} }`
const source = (name: string): string => readFileSync(new URL(`scripts/${name}.lua`, import.meta.url), 'utf8')

/** @param node names this node in the connections of seats, and the channels that it hears */
export function createReferee(redis: RedisClient, metrics: Pick<Metrics, 'scriptSeconds'>, node: string): Referee {
  const define = (name: string, lua: string, numberOfKeys?: number): Script => defineScript(redis, metrics, `referee_${name}`, lua, numberOfKeys)
  const lib = `local VARYING = ${luaList(VARYING)}\nlocal FIXED = ${luaList(FIXED)}\n${source('lib')}`
  const scripts = Object.fromEntries(SCRIPTS.map((name) => [name, define(name, `${lib}\n${source(name)}`, 3)])) as Record<ScriptName, Script>
  const listOverdue = define('overdue', source('overdue'), 1)
  const runForm = define('form', `${lib}\n${source('form')}`)
  const runMoves = define('moves', `${lib}\n${source('moves')}`)
  const known = new Map<string, FixedState>()

  const ended = new Map<string, Ended>()
  // Whoever takes the place of a Redis that is lost may not have the end of them.
  for (const loss of ['close', '-node', 'node error']) redis.on(loss, () => ended.clear())

  function remember<T>(memory: Map<string, T>, capacity: number, match: string, what: T): void {
    const [oldest] = memory.size < capacity ? [] : memory.keys()
    if (oldest !== undefined) memory.delete(oldest)
    memory.set(match, what)
  }

  function noteEnd({ id, seats: [one, two] }: MatchState): void {
    known.delete(id)
    if (one && two) remember(ended, ENDED_REMEMBERED, id, [one.player.id, two.player.id])
  }

  function stateFrom(varying: string, values: (string | number)[]): MatchState {
    const fixed = fixedOf(values)
    const state = stateOf(fixed, varying.split('|'))
    if (state.status === 'playing') remember(known, REMEMBERED, fixed.id, fixed)
    else if (state.status === 'finished') noteEnd(state)
    return state
  }

  const keysOf = (match: string): [string, string, string] => {
    const shard = shardOf(match)
    return [matchKey(match), dueKey(shard), outboxKey(shard)]
  }

  const run = async (name: ScriptName, match: string, ...args: (string | number)[]): Promise<Verdict> => verdictFrom((await scripts[name](...keysOf(match), ...args, node)) as Reply)

  function verdictFrom([code, now, deaf, varying, fixed, deadline]: Reply): Verdict {
    const verdict = { code, now, state: varying === '' ? null : stateFrom(varying, fixed) } as Verdict
    if (deaf) Object.assign(verdict, { deaf: deaf.split(' ') })
    return deadline === undefined ? verdict : Object.assign(verdict, { lateMs: now - Number(deadline) })
  }

  /** The state, from what varies of it; read where this node does not know the rest. */
  function complete(match: string, varying: string[], now: number): News | Promise<News | null> {
    const fixed = known.get(match)
    if (fixed) {
      const state = stateOf(fixed, varying)
      if (state.status === 'finished') noteEnd(state)
      return { state, now }
    }
    return run('read', match).then(({ state, now }) => (state ? { state, now } : null))
  }

  /** Moves of this turn of the event loop, by what may be called at once: a hash slot on a Cluster, else everything. */
  let waiting = new Map<number, PendingMove[]>()

  function flush(): void {
    const batches = [...waiting.values()]
    waiting = new Map()
    for (const batch of batches) {
      for (let from = 0; from < batch.length; from += MOVES_AT_ONCE) void callMoves(batch.slice(from, from + MOVES_AT_ONCE))
    }
  }

  async function callMoves(moves: PendingMove[]): Promise<void> {
    try {
      const keys = moves.flatMap((move) => move.keys)
      const [now, deaf, ...replies] = (await runMoves(keys.length, ...keys, ...moves.flatMap((move) => move.args), node)) as MovesReply
      const unheard = deaf ? deaf.split(' ') : undefined
      moves.forEach((move, index) => move.resolve(verdictOf(move.match, replies[index * 2] as Verdict['code'], replies[index * 2 + 1] ?? '', now, unheard)))
    } catch (fault) {
      for (const move of moves) move.reject(fault)
    }
  }

  function verdictOf(match: string, code: Verdict['code'], varying: string, now: number, deaf: string[] | undefined): Verdict | Promise<Verdict> {
    if (varying === '') return { code, state: null, now } as Verdict
    const finish = (news: News | null): Verdict => ({ code, now, state: null, ...news, ...(deaf ? { deaf } : {}) }) as Verdict
    const news = complete(match, varying.split('|'), now)
    return news instanceof Promise ? news.then(finish) : finish(news)
  }

  return {
    create: (spec, retainMs) => run('create', spec.id, spec.waitMs, ...fieldsOfNew(spec, retainMs)),
    async form(spec, retainMs, second, claims) {
      if (redis.isCluster) return null
      const keys = [...keysOf(spec.id), ...claims.map(({ key }) => key)]
      const [place, ms] = [claims[0]?.place ?? '', claims[0]?.ms ?? 0]
      const reply = await runForm(keys.length, ...keys, ...seatFields(second), place, ms, ...claims.map(({ left = '' }) => left), ...fieldsOfNew(spec, retainMs), node)
      const verdict = verdictFrom(reply as Reply)
      return verdict.code === 'ok' ? verdict : null
    },
    confirm: (match, waitMs) => run('confirm', match, waitMs),
    join: (match, seat, token) => run('join', match, ...seatFields(seat), token),
    move(match, player, round, move) {
      const { promise, resolve, reject } = Promise.withResolvers<Verdict>()
      const pending: PendingMove = { match, keys: keysOf(match), args: [player, round, move], resolve, reject }
      if (waiting.size === 0) outgoing.before(flush)
      const slot = redis.isCluster ? shardOf(match) : 0
      const batch = waiting.get(slot)
      if (batch) batch.push(pending)
      else waiting.set(slot, [pending])
      return promise
    },
    expire: (match, round, botMove) => run('expire', match, round, botMove),
    leave: (match, player) => run('leave', match, player),
    presence: (match, player, connection, connected) => run('presence', match, player, connection, connected ? '1' : '0'),
    bar: (match, player, token) => run('bar', match, player, token),
    read: (match) => run('read', match),
    rematch: (match, player, nextId) => run('rematch', match, player, nextId),
    rematched: (match) => run('rematched', match, match),
    watch: (match) => run('watch', match),
    async overdue(shard, graceMs, limit) {
      const flat = (await listOverdue(dueKey(shard), graceMs, limit, matchPrefix(shard))) as string[]
      const found: Overdue[] = []
      for (let i = 0; i + 1 < flat.length; i += 2) found.push({ match: flat[i] ?? '', round: Number(flat[i + 1]) })
      return found
    },
    ended: (match) => ended.get(match) ?? null,
    hear: (message) =>
      message.split('\n').map((line) => {
        const [match = '', now, ...varying] = line.split('|')
        return complete(match, varying, Number(now))
      }),
  }
}

const seatFields = ({ player, connection, bot }: NewSeat): string[] => [player.id, JSON.stringify(player), connection, bot ? '1' : '']

function fieldsOfNew({ id, mode, bestOf, code, seat, limits }: NewMatch, retainMs: number): (string | number)[] {
  const fields = { id, mode, code: code ?? '', bestOf, ...limits, retainMs, id0: seat.player.id, player0: JSON.stringify(seat.player), conn0: seat.connection, bot0: seat.bot ? '1' : '' }
  return Object.entries(fields).flat()
}

const numberOrNull = (text: string | undefined): number | null => (text ? Number(text) : null)
const winnerOf = (text: string | undefined): SeatIndex | null => (text === '0' ? 0 : text === '1' ? 1 : null)
const moveOf = (text: string | undefined): Move | null => (text ? (text as Move) : null)

/** What never changes in a match whose seats are taken. */
interface FixedState {
  id: string
  mode: MatchMode
  code: string | null
  bestOf: BestOf
  seats: Pick<SeatState, 'player' | 'bot'>[]
  limits: MatchLimits
}

/** @param values in the order of FIXED */
function fixedOf(values: (string | number)[]): FixedState {
  const [id = '', mode, code, bestOf, roundMs, maxRounds, maxMissed, botMinMs, botMaxMs, player0, bot0, player1, bot1] = values.map(String)
  const seats = [seatOf(player0, bot0)]
  if (player1) seats.push(seatOf(player1, bot1))
  return {
    id,
    mode: mode as MatchMode,
    code: code || null,
    bestOf: Number(bestOf) as BestOf,
    seats,
    limits: { roundMs: Number(roundMs), maxRounds: Number(maxRounds), maxMissed: Number(maxMissed), botMinMs: Number(botMinMs), botMaxMs: Number(botMaxMs) },
  }
}

const seatOf = (player = '', bot = ''): FixedState['seats'][number] => ({ player: JSON.parse(player) as PublicPlayer, bot: bot === '1' })

const valuesOf = (fields: Record<string, string>, names: readonly string[]): string[] => names.map((name) => fields[name] ?? '')

/** The hash as the scripts keep it, as the model's type. */
export const stateOfHash = (fields: Record<string, string>): MatchState => stateOf(fixedOf(valuesOf(fields, FIXED)), valuesOf(fields, VARYING))

/** @param varying in the order of VARYING */
function stateOf(fixed: FixedState, varying: string[]): MatchState {
  const [
    version, status, round, deadlineAt, botAt, score0, score1, move0, move1, conn0, conn1, missed0, missed1,
    lastRound, resultWinner, resultReason, startedAt, endedAt, again0, again1, next, watched,
  ] = varying
  const [one, two] = fixed.seats
  const seats: SeatState[] = []
  if (one) seats.push({ ...one, score: Number(score0), move: moveOf(move0), connection: conn0 ?? '', missed: Number(missed0) })
  if (two) seats.push({ ...two, score: Number(score1), move: moveOf(move1), connection: conn1 ?? '', missed: Number(missed1) })
  return {
    id: fixed.id,
    version: Number(version),
    mode: fixed.mode,
    code: fixed.code,
    bestOf: fixed.bestOf,
    status: status as MatchStatus,
    round: Number(round),
    deadlineAt: numberOrNull(deadlineAt),
    botAt: numberOrNull(botAt),
    seats,
    lastRound: lastRoundOf(lastRound),
    result: resultReason ? { winner: winnerOf(resultWinner), reason: resultReason as ResultReason } : null,
    startedAt: numberOrNull(startedAt),
    endedAt: numberOrNull(endedAt),
    again: [again0 === '1', again1 === '1'],
    next: next || null,
    watched: watched === '1',
    limits: fixed.limits,
  }
}

function lastRoundOf(text: string | undefined): RoundView | null {
  if (!text) return null
  const [round, move0, move1, winner, reason] = text.split(':')
  return { round: Number(round), moves: [moveOf(move0), moveOf(move1)], winner: winnerOf(winner), reason: reason as RoundView['reason'] }
}
