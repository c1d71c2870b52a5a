/**
 * Counts what the cluster decides and what MySQL holds of it, from the stores alone: no node is asked, so the numbers survive every node.
 * It counts from its start.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { Connection } from 'mariadb'
import { openConnection } from '../../prisma/connection.ts'
import { outboxKey } from '../../server/src/keys.ts'
import { eventOf, isRound, type StreamEntry } from '../../server/src/recorder/events.ts'
import { canonical } from '../play/moves.ts'
import type { Counts } from './report.ts'

/** What a player did, and was acknowledged, is stored. */
export interface AcknowledgedMove {
  match: string
  round: number
  seat: 0 | 1
  move: unknown
}

export type StoreCounts = Omit<Counts, 'acknowledged'>

export interface Tally {
  readonly counts: Readonly<StoreCounts>
  /** A move was acknowledged: once its round is decided, it has to be in MySQL as it was played. */
  acknowledged(move: AcknowledgedMove): void
  close(): Promise<void>
}

export interface TallyOptions {
  /** Of a single Redis. */
  redisUrl: string
  databaseUrl: string
  shards: number
}

/** A decided round that is looked for in MySQL. */
interface Pending {
  shard: number
  /** The entry of the outbox. */
  id: string
  /** Since when it is known, `performance.now()`. */
  since: number
  moves: unknown[]
}

interface Row {
  matchId: string
  round: number
  moves: unknown
  move0: string | null
  move1: string | null
}

const LOOK_MS = 500
/** The acknowledgement of the move that decided a round may arrive a little later than the round. */
const SETTLE_MS = 1000
const AT_ONCE = 1000
const BLOCK_MS = 1000
/** Rounds that are remembered, to notice if one is decided twice. */
const REMEMBERED = 200_000

const keyOf = (match: string, round: number): string => `${match}/${round}`

/** Whether a position in a stream is at or before another one. */
export function isUpTo(id: string, other: string): boolean {
  const [ms = 0, sequence = 0] = id.split('-').map(Number)
  const [otherMs = 0, otherSequence = 0] = other.split('-').map(Number)
  return ms < otherMs || (ms === otherMs && sequence <= otherSequence)
}

export function startTally({ redisUrl, databaseUrl, shards }: TallyOptions): Tally {
  const redis = new Redis(redisUrl, { retryStrategy: () => 200, maxRetriesPerRequest: null })
  redis.on('error', () => undefined)
  let database: Connection | null = null
  let closed = false
  const positions = new Map<number, string>()
  const decided = new Map<string, string>()
  const pending = new Map<string, Pending>()
  /** Moves of rounds that are not decided yet. */
  const waiting = new Map<string, unknown[]>()
  const counts: StoreCounts = { decided: 0, recorded: 0, lost: 0, twice: 0 }

  async function begin(): Promise<void> {
    const lasts = await Promise.all(Array.from({ length: shards }, (_, shard) => redis.xrevrange(outboxKey(shard), '+', '-', 'COUNT', 1)))
    // All or none: a shard without a position would never be followed.
    lasts.forEach(([last], shard) => positions.set(shard, last?.[0] ?? '0-0'))
  }

  function note(shard: number, entry: StreamEntry): void {
    const [id] = entry
    positions.set(shard, id)
    const event = eventOf(entry)
    if (!isRound(event)) return
    const key = keyOf(event.match, event.round.round)
    if (decided.has(key)) {
      if (decided.get(key) !== id) counts.twice += 1
      return
    }
    decided.set(key, id)
    if (decided.size > REMEMBERED)
      for (const oldest of decided.keys()) {
        decided.delete(oldest)
        break
      }
    counts.decided += 1
    pending.set(key, { shard, id, since: performance.now(), moves: waiting.get(key) ?? [] })
    waiting.delete(key)
  }

  async function follow(): Promise<void> {
    while (!closed) {
      try {
        if (positions.size === 0) await begin()
        const streams = [...positions]
        const reply = await redis.xread(
          'COUNT',
          AT_ONCE,
          'BLOCK',
          BLOCK_MS,
          'STREAMS',
          ...streams.map(([shard]) => outboxKey(shard)),
          ...streams.map(([, id]) => id),
        )
        for (const [key, entries] of reply ?? []) {
          const shard = streams.find(([each]) => outboxKey(each) === key)?.[0]
          if (shard !== undefined) for (const entry of entries) note(shard, entry)
        }
      } catch {
        // Redis or MySQL is away: counting goes on where it stopped.
        await sleep(200)
      }
    }
  }

  function settle(key: string, { moves }: Pending, row: Row): void {
    pending.delete(key)
    counts.recorded += 1
    const stored = (typeof row.moves === 'string' ? JSON.parse(row.moves) : row.moves) as unknown[] | null
    const recorded = stored ?? [row.move0, row.move1]
    moves.forEach((move, seat) => {
      if (move !== undefined && canonical(recorded[seat]) !== canonical(move)) counts.lost += 1
    })
  }

  async function look(): Promise<void> {
    const wanted = [...pending].filter(([, { since }]) => performance.now() - since > SETTLE_MS).slice(0, AT_ONCE)
    if (wanted.length === 0) return
    database ??= await openConnection(databaseUrl, { connectTimeout: 1000, socketTimeout: 5000 })
    // Before the rows: what the cursor has passed here must be there.
    const cursors = new Map(
      (await database.query<{ shard: number; lastId: string }[]>('SELECT shard, lastId FROM OutboxCursor')).map(({ shard, lastId }) => [
        shard,
        lastId,
      ]),
    )
    const rows = await database.query<Row[]>(
      `SELECT matchId, round, moves, move0, move1 FROM Round WHERE (matchId, round) IN (${wanted.map(() => '(?, ?)').join(', ')})`,
      wanted.flatMap(([key]) => [key.slice(0, key.indexOf('/')), Number(key.slice(key.indexOf('/') + 1))]),
    )
    const found = new Map(rows.map((row) => [keyOf(row.matchId, row.round), row]))
    for (const [key, each] of wanted) {
      const row = found.get(key)
      if (row) settle(key, each, row)
      else if (isUpTo(each.id, cursors.get(each.shard) ?? '0-0')) {
        pending.delete(key)
        counts.lost += 1
      }
    }
  }

  async function check(): Promise<void> {
    while (!closed) {
      try {
        await look()
      } catch {
        database?.destroy()
        database = null
      }
      await sleep(LOOK_MS)
    }
  }

  const running = Promise.all([follow(), check()])
  return {
    counts,
    acknowledged({ match, round, seat, move }) {
      const key = keyOf(match, round)
      const known = pending.get(key)?.moves ?? waiting.get(key) ?? []
      known[seat] = move
      // Decided and found already: nothing is left to compare it with.
      if (!pending.has(key) && !decided.has(key)) waiting.set(key, known)
    },
    async close() {
      closed = true
      redis.disconnect()
      await running
      database?.destroy()
    },
  }
}
