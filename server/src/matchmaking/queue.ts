import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { RedisClient } from '../redis/connect.ts'
import type { BestOf, MatchMode, PublicPlayer, QueueMode } from '../../../client-sdk/src/protocol.ts'
import { heartbeatsKey, pairedKey, pairsKey, ratingsPrefix, sweepLockKey, ticketsKey, waitingKey } from '../keys.ts'
import type { Metrics } from '../metrics.ts'
import { defineScript } from '../scripts.ts'

/** A player who waits. */
export interface Ticket {
  player: PublicPlayer
  /** The connection that asked, and its order among the connections of the player. */
  connection: string
  acceptedAt: number
  bestOf: BestOf
  /** The game's own options. */
  options: Record<string, unknown>
  /** The opponent of the player's last match; null if there is none. */
  last: string | null
  /** The reservation of the player when they asked: for a match that has ended. */
  left?: string
  /** When the player entered the queue, Redis time, ms. */
  since: number
}

/** Two tickets that were taken from the queue together; the match of this id is being made. */
export interface Pair {
  match: string
  /** The queue that keeps the pair until its match is made. */
  queue: QueueMode
  mode: MatchMode
  bestOf: BestOf
  /** Redis time, ms. */
  at: number
  tickets: [Ticket, Ticket]
}

/** `replaced`: a later connection of the player waits already. */
export type Found = { state: 'pair'; pair: Pair } | { state: 'pairing' } | { state: 'queued' } | { state: 'replaced' }

/** The tickets of a pair whose match did not come about. */
export interface Unformed {
  /** Their players go on waiting. */
  free: readonly Ticket[]
  /** Their connections are gone: the tickets keep their place, and are not paired until the player is back. */
  gone: readonly Ticket[]
}

/** The opponents that a player may meet: ratings within `base + perSecond × seconds waited` of the player's own. */
export interface Window {
  base: number
  perSecond: number
  /** Whether the last opponent is avoided if there is another. */
  avoidLast: boolean
}

export interface QueueOptions {
  /** A ticket without a heartbeat expires after this long, ms. */
  ticketTtlMs: number
  windows: Record<QueueMode, Window>
  /** The pause between two sweeps of the cluster, ms. */
  sweepMs: number
  /** Players who wait this long in this mode are paired with this ticket. */
  bot: { mode: QueueMode; afterMs: number; ticket: Ticket }
}

/** One queue for each mode, in one hash slot. */
export interface Queue {
  /** Pairs the player at once or stores their ticket; repeating the call is the ticket's heartbeat. */
  find(mode: QueueMode, ticket: Omit<Ticket, 'since'>, matchId: string): Promise<Found>
  /** Pairs players who have waited long enough with others, or with a bot. Returns none if another node has just done it. */
  sweep(mode: QueueMode, matchIds: string[]): Promise<Pair[]>
  /** @param connection only a ticket of this connection; '' for any. @param acceptedAt not a ticket of a later connection */
  cancel(mode: QueueMode, player: string, connection: string, acceptedAt?: number): Promise<boolean>
  /** Gives the ticket of a player, or of the pair that they are in, to another of their connections. */
  adopt(mode: QueueMode, player: string, connection: string, acceptedAt: number): Promise<void>
  ticket(mode: QueueMode, player: string): Promise<Ticket | null>
  /** Pairs whose match is being made, or was being made when its node died. */
  pairs(mode: QueueMode): Promise<Pair[]>
  /** Notes a pair that was not taken from the queue: a player and a bot. */
  note(pair: Omit<Pair, 'at'>): Promise<Pair>
  /** Completes the making of a pair. If its match did not come about, the tickets of players who are still free return to the queue. */
  complete(pair: Pair, outcome: 'formed' | Unformed): Promise<void>
  /** How many players wait. */
  size(mode: QueueMode): Promise<number>
}

/** Tickets that one sweep considers, oldest first. */
const SWEPT = 300

const source = (name: string): string => readFileSync(new URL(`queue-${name}.lua`, import.meta.url), 'utf8')

/** Players meet only on equal terms. Equal terms have equal texts, which are parts of keys. */
function termsOf({ bestOf, options }: Pick<Ticket, 'bestOf' | 'options'>): string {
  const chosen = Object.entries(options).sort(([one], [two]) => (one < two ? -1 : 1))
  return chosen.length === 0 ? String(bestOf) : `${bestOf}:${createHash('sha1').update(JSON.stringify(chosen)).digest('hex').slice(0, 16)}`
}

export function createQueue(
  redis: RedisClient,
  metrics: Pick<Metrics, 'scriptSeconds'>,
  { ticketTtlMs, windows, sweepMs, bot }: QueueOptions,
): Queue {
  const lib = source('lib')
  const define = (name: string, keys = 6) => defineScript(redis, metrics, `queue_${name}`, `#!lua\n${lib}\n${source(name)}`, keys)
  const find = define('find')
  const sweep = define('sweep', 7)
  const cancel = define('cancel')
  const complete = define('complete')
  const read = define('ticket')
  const note = define('note')
  const adopt = define('adopt')
  const keysOf = (mode: QueueMode): string[] => [
    ticketsKey(mode),
    heartbeatsKey(mode),
    waitingKey(mode),
    pairsKey(mode),
    pairedKey(mode),
    ratingsPrefix(mode),
  ]
  const windowOf = (mode: QueueMode): (string | number)[] => {
    const { base, perSecond, avoidLast } = windows[mode]
    return [base, perSecond, avoidLast ? '1' : '']
  }

  return {
    async find(mode, ticket, matchId) {
      const reply = await find(
        ...keysOf(mode),
        ticket.player.id,
        JSON.stringify({ ...ticket, terms: termsOf(ticket) }),
        matchId,
        ticketTtlMs,
        mode,
        ...windowOf(mode),
      )
      const [state, pair = ''] = reply as [Found['state'], string?]
      return state === 'pair' ? { state, pair: JSON.parse(pair) as Pair } : { state }
    },
    async sweep(mode, matchIds) {
      const withBot = mode === bot.mode
      const made = await sweep(
        ...keysOf(mode),
        sweepLockKey(mode),
        ticketTtlMs,
        mode,
        ...windowOf(mode),
        Math.ceil(sweepMs / 2),
        SWEPT,
        withBot ? bot.afterMs : '',
        withBot ? JSON.stringify({ ...bot.ticket, terms: '' }) : '',
        ...matchIds,
      )
      return (made as string[]).map((text) => JSON.parse(text) as Pair)
    },
    async cancel(mode, player, connection, acceptedAt = Infinity) {
      return (await cancel(...keysOf(mode), player, connection, Math.min(acceptedAt, Number.MAX_SAFE_INTEGER))) === 1
    },
    async adopt(mode, player, connection, acceptedAt) {
      await adopt(...keysOf(mode), player, connection, acceptedAt)
    },
    async ticket(mode, player) {
      const text = (await read(...keysOf(mode), player, ticketTtlMs)) as string | null
      return text === null ? null : (JSON.parse(text) as Ticket)
    },
    async pairs(mode) {
      return (await redis.hvals(pairsKey(mode))).map((text) => JSON.parse(text) as Pair)
    },
    async note(pair) {
      return JSON.parse((await note(...keysOf(pair.queue), pair.match, JSON.stringify(pair), pair.tickets[0].player.id)) as string) as Pair
    },
    async complete(pair, outcome) {
      const formed = outcome === 'formed'
      const { free, gone } = formed ? { free: [], gone: [] } : outcome
      await complete(
        ...keysOf(pair.queue),
        pair.match,
        formed ? '1' : '',
        JSON.stringify({
          free: free.map(({ player }) => player.id),
          gone: Object.fromEntries(gone.map(({ player, connection }) => [player.id, connection])),
        }),
      )
    },
    size: (mode) => redis.zcard(waitingKey(mode)),
  }
}
