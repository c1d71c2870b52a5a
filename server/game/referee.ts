import { readFileSync } from 'node:fs'
import type { RedisClient } from '../redis/connect.ts'
import type { ErrorCode } from '../../client-sdk/src/errors.ts'
import type { BestOf, MatchMode, MatchStatus, Move, PublicPlayer, ResultReason, RoundView, SeatIndex } from '../../client-sdk/src/protocol.ts'
import { dueKey, matchKey, matchPrefix, outboxKey, shardOf } from '../keys.ts'
import type { Metrics } from '../metrics.ts'
import { defineScript, type Script } from '../scripts.ts'
import type { NewMatch, NewSeat, Settled } from './rules.ts'
import type { MatchState, SeatState } from './state.ts'

/** The answer of a script: what became of the request, the match after it, and Redis time (ms). */
export type Verdict =
  | { code: Settled; state: MatchState; now: number; /** How long after its deadline a round was closed, ms. */ lateMs?: number }
  | { code: ErrorCode; state: MatchState | null; now: number }

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
}

const SCRIPTS = ['create', 'confirm', 'join', 'move', 'expire', 'leave', 'presence', 'bar', 'read', 'rematch', 'rematched', 'watch'] as const
type ScriptName = (typeof SCRIPTS)[number]
type Fields = Record<string, string>
type Reply = [code: string, now: number, flat: (string | number)[], deadline?: string]

const source = (name: string): string => readFileSync(new URL(`scripts/${name}.lua`, import.meta.url), 'utf8')

export function createReferee(redis: RedisClient, metrics: Pick<Metrics, 'scriptSeconds'>): Referee {
  const define = (name: string, lua: string, numberOfKeys: number): Script => defineScript(redis, metrics, `referee_${name}`, lua, numberOfKeys)
  const lib = source('lib')
  const scripts = Object.fromEntries(SCRIPTS.map((name) => [name, define(name, `${lib}\n${source(name)}`, 3)])) as Record<ScriptName, Script>
  const listOverdue = define('overdue', source('overdue'), 1)

  const run = async (name: ScriptName, match: string, ...args: (string | number)[]): Promise<Verdict> => {
    const shard = shardOf(match)
    const [code, now, flat, deadline] = (await scripts[name](matchKey(match), dueKey(shard), outboxKey(shard), ...args)) as Reply
    const verdict = { code, now, state: flat.length ? stateOf(fieldsOf(flat)) : null } as Verdict
    return deadline === undefined ? verdict : ({ ...verdict, lateMs: now - Number(deadline) } as Verdict)
  }

  return {
    create: (spec, retainMs) => run('create', spec.id, spec.waitMs, ...fieldsOfNew(spec, retainMs)),
    confirm: (match, waitMs) => run('confirm', match, waitMs),
    join: (match, seat, token) => run('join', match, seat.player.id, JSON.stringify(seat.player), seat.connection, seat.bot ? '1' : '', token),
    move: (match, player, round, move) => run('move', match, player, round, move),
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
  }
}

function fieldsOfNew({ id, mode, bestOf, code, seat, limits }: NewMatch, retainMs: number): (string | number)[] {
  const fields = {
    id,
    mode,
    code: code ?? '',
    bestOf,
    status: 'waiting',
    round: 0,
    ...limits,
    retainMs,
    id0: seat.player.id,
    player0: JSON.stringify(seat.player),
    conn0: seat.connection,
    bot0: seat.bot ? '1' : '',
    id1: '',
    player1: '',
    conn1: '',
    bot1: '',
    score0: 0,
    score1: 0,
    move0: '',
    move1: '',
    missed0: 0,
    missed1: 0,
    lastRound: '',
    barred: '',
    botAt: '',
    again0: '',
    again1: '',
    next: '',
    watched: '',
    resultWinner: '',
    resultReason: '',
    startedAt: '',
    endedAt: '',
  }
  return Object.entries(fields).flat()
}

function fieldsOf(flat: (string | number)[]): Fields {
  const fields: Fields = {}
  for (let i = 0; i + 1 < flat.length; i += 2) fields[flat[i] as string] = String(flat[i + 1])
  return fields
}

const numberOrNull = (text: string | undefined): number | null => (text ? Number(text) : null)
const winnerOf = (text: string | undefined): SeatIndex | null => (text === '0' ? 0 : text === '1' ? 1 : null)
const moveOf = (text: string | undefined): Move | null => (text ? (text as Move) : null)

/** The hash as the scripts keep it, as the model's type. */
export function stateOf(fields: Fields): MatchState {
  const seats = [seatStateOf(fields, 0)]
  if (fields['id1']) seats.push(seatStateOf(fields, 1))
  return {
    id: fields['id'] ?? '',
    version: Number(fields['version']),
    mode: fields['mode'] as MatchMode,
    code: fields['code'] || null,
    bestOf: Number(fields['bestOf']) as BestOf,
    status: fields['status'] as MatchStatus,
    round: Number(fields['round']),
    deadlineAt: numberOrNull(fields['deadlineAt']),
    botAt: numberOrNull(fields['botAt']),
    seats,
    lastRound: lastRoundOf(fields['lastRound']),
    result: fields['resultReason'] ? { winner: winnerOf(fields['resultWinner']), reason: fields['resultReason'] as ResultReason } : null,
    startedAt: numberOrNull(fields['startedAt']),
    endedAt: numberOrNull(fields['endedAt']),
    again: [fields['again0'] === '1', fields['again1'] === '1'],
    next: fields['next'] || null,
    watched: fields['watched'] === '1',
    limits: {
      roundMs: Number(fields['roundMs']),
      maxRounds: Number(fields['maxRounds']),
      maxMissed: Number(fields['maxMissed']),
      botMinMs: Number(fields['botMinMs']),
      botMaxMs: Number(fields['botMaxMs']),
    },
  }
}

function seatStateOf(fields: Fields, seat: SeatIndex): SeatState {
  return {
    player: JSON.parse(fields[`player${seat}`] ?? '') as PublicPlayer,
    bot: fields[`bot${seat}`] === '1',
    score: Number(fields[`score${seat}`]),
    move: moveOf(fields[`move${seat}`]),
    connection: fields[`conn${seat}`] ?? '',
    missed: Number(fields[`missed${seat}`]),
  }
}

function lastRoundOf(text: string | undefined): RoundView | null {
  if (!text) return null
  const [round, move0, move1, winner, reason] = text.split(':')
  return { round: Number(round), moves: [moveOf(move0), moveOf(move1)], winner: winnerOf(winner), reason: reason as RoundView['reason'] }
}
