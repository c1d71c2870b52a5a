import { setTimeout as sleep } from 'node:timers/promises'
import type { PublicPlayer } from '../../client-sdk/src/protocol.ts'
import type { Config } from '../config.ts'
import type { Database } from '../database.ts'
import { isOutage } from '../errors.ts'

import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import { moveCursors, write, type CursorStep, type Written } from './sql.ts'
import { eventOf, isEnd, type EndEvent, type RecordedEvent } from './events.ts'
import type { Outbox } from './outbox.ts'

/**
 * Copies the outboxes to MySQL, exactly once: the cursor of a shard moves in the transaction that writes
 * its events, and only from where it was read. Whoever crashes at any point repeats or skips nothing.
 */
export interface Recorder {
  /** Brings the gauges of backlog and lag up to date. */
  measure(): Promise<void>
  /** Ends the batch in hand and gives the leases back. */
  close(): Promise<void>
}

export interface RecorderOptions {
  outbox: Outbox
  database: Database
  config: Pick<Config, 'SHARDS' | 'RECORDER_POLL_MS' | 'RECORDER_BATCH' | 'RECORDER_LEASE_MS'>
  /** Distinguishes this process from every other that ever was. */
  owner: string
  metrics: Metrics
  log: Log
  /**
   * These matches and the tallies of their players are committed. Called before their events are trimmed and
   * again when it is not known whether it was done, so whatever it writes must be what MySQL holds now.
   * @param players their records if they are at hand: only a moment old
   */
  onRecorded(ends: EndEvent[], players?: PublicPlayer[]): Promise<void>
  /** Called at the points of a batch where a crash would hurt most; tests crash there. */
  onStep?(step: 'written' | 'committed'): Promise<void>
}

/** Shards with the id of the entry that was copied last. */
type Cursors = ReadonlyMap<number, string>

interface Copied {
  events: number
  /** More may be waiting already. */
  more: boolean
}

const NOTHING: Copied = { events: 0, more: false }

/** Another recorder was faster: what this one has read is written already. */
class CursorMoved extends Error {}

const START = '0-0'
const RETRY_MS = 1000
const TRANSACTION = { maxWait: 3000, timeout: 30_000, isolationLevel: 'ReadCommitted' } as const

export function createRecorder(options: RecorderOptions): Recorder {
  const { outbox, database, config, owner, metrics, log } = options
  const shards = Array.from({ length: config.SHARDS }, (_, shard) => shard)
  /** Shards whose lease this recorder holds, with their cursor as last read. */
  const held = new Map<number, string>()
  const stop = new AbortController()
  let leasesDue = 0

  async function refreshLeases(): Promise<void> {
    if (performance.now() < leasesDue) return
    const had = performance.now()
    await Promise.all(
      shards.map(async (shard) => {
        const mine = await outbox.lease(shard, owner, config.RECORDER_LEASE_MS)
        if (!mine) held.delete(shard)
        else if (!held.has(shard)) await takeOver(shard)
      }),
    )
    leasesDue = had + config.RECORDER_LEASE_MS / 3
  }

  async function takeOver(shard: number): Promise<void> {
    await database.outboxCursor.createMany({ data: [{ shard, lastId: START }], skipDuplicates: true })
    const { lastId } = await database.outboxCursor.findUniqueOrThrow({ where: { shard } })
    if (lastId !== START) await outbox.lift(shard, lastId)
    // A recorder that died after its commit left what it had copied, perhaps before anybody was told.
    for (;;) {
      const entries = await outbox.copied(shard, lastId, config.RECORDER_BATCH)
      const last = entries.at(-1)?.[0]
      if (last === undefined) break
      await tell(entries.map(eventOf).filter(isEnd))
      await outbox.trim(new Map([[shard, last]]))
    }
    held.set(shard, lastId)
  }

  /** The books go on when what follows from them fails; an outage is waited out. */
  async function tell(ends: EndEvent[], players?: PublicPlayer[]): Promise<void> {
    if (ends.length === 0) return
    try {
      await options.onRecorded(ends, players)
    } catch (fault) {
      if (isOutage(fault)) throw fault
      metrics.recorderErrors.inc()
      log.error({ err: fault }, 'recorded results could not be passed on: leaderboards need a rebuild')
    }
  }

  /** One batch of these shards in one transaction: how many events it copied, and whether more are there already. */
  async function copy(cursors: Cursors): Promise<Copied> {
    const share = Math.max(1, Math.ceil(config.RECORDER_BATCH / cursors.size))
    const entries = await outbox.read(cursors, share)
    const steps: CursorStep[] = []
    const events: RecordedEvent[] = []
    let index = 0
    for (const [shard, from] of cursors) {
      const own = entries[index++] ?? []
      const to = own.at(-1)?.[0]
      if (to === undefined) continue
      steps.push({ shard, from, to })
      for (const entry of own) events.push(eventOf(entry))
    }
    if (steps.length === 0) return NOTHING
    const written: Written = await database.$transaction(async (tx) => {
      const result = await write(tx, events)
      await options.onStep?.('written')
      if (!(await moveCursors(tx, steps))) throw new CursorMoved()
      return result
    }, TRANSACTION)
    for (const { shard, to } of steps) held.set(shard, to)
    await options.onStep?.('committed')
    for (const event of events) metrics.recordedFacts.inc({ type: event.type })
    if (written.skipped > 0) {
      metrics.repeatedFacts.inc(written.skipped)
      log.warn({ shards: steps.map(({ shard }) => shard), skipped: written.skipped }, 'events that MySQL held already')
    }
    await tell(events.filter(isEnd), written.players.map(publicOf))
    await outbox.trim(new Map(steps.map(({ shard, to }) => [shard, to])))
    return { events: events.length, more: entries.some(({ length }) => length === share) }
  }

  /** All shards at once; where that fails, one after another, so that a shard which cannot be copied does not hold up the others. */
  async function round(): Promise<Copied> {
    await refreshLeases()
    if (held.size === 0) return NOTHING
    try {
      return await copy(held)
    } catch (fault) {
      if (isOutage(fault)) throw fault
      let events = 0
      for (const [shard, cursor] of new Map(held)) events += await copyAlone(shard, cursor)
      return { events, more: events > 0 }
    }
  }

  /** How many events of one shard were copied. */
  async function copyAlone(shard: number, cursor: string): Promise<number> {
    try {
      return (await copy(new Map([[shard, cursor]]))).events
    } catch (fault) {
      // The cursor is read again before the next try: nothing is known about where it stands.
      held.delete(shard)
      leasesDue = 0
      if (isOutage(fault)) throw fault
      if (!(fault instanceof CursorMoved)) {
        metrics.recorderErrors.inc()
        log.error({ shard, err: fault }, 'a batch could not be recorded: trying again')
        failing = true
      }
      return 0
    }
  }

  const pause = async (ms: number): Promise<void> => {
    await sleep(ms, undefined, { signal: stop.signal }).catch(() => undefined)
  }

  let away = false
  /** A shard could not be copied in this round. */
  let failing = false
  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        failing = false
        const { more } = await round()
        if (away) log.info('the recorder works again')
        away = false
        // Events gather meanwhile: one transaction for many costs little more than for one.
        if (failing) await pause(RETRY_MS)
        else if (!more) await pause(config.RECORDER_POLL_MS)
      } catch (fault) {
        held.clear()
        leasesDue = 0
        metrics.recorderErrors.inc()
        if (!away) log.error({ err: fault }, 'the recorder waits for Redis and MySQL: events stay in the outbox')
        away = true
        await pause(RETRY_MS)
      }
    }
  }
  const running = run()

  return {
    async measure() {
      const sizes = await Promise.all(shards.map((shard) => outbox.backlog(shard)))
      metrics.outboxBacklog.set(sizes.reduce((sum, { count }) => sum + count, 0))
      metrics.outboxLag.set(Math.max(0, ...sizes.map(({ ageMs }) => ageMs)) / 1000)
    },
    async close() {
      stop.abort()
      await running
      await Promise.allSettled([...held.keys()].map((shard) => outbox.release(shard, owner)))
    },
  }
}

const publicOf = ({ id, nickname, avatarUrl, rating, wins, losses, draws }: PublicPlayer): PublicPlayer => ({ id, nickname, avatarUrl, rating, wins, losses, draws })
