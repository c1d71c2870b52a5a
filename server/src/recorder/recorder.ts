import { setTimeout as sleep } from 'node:timers/promises'
import { publicRecord } from '../players/players.ts'
import type { Config } from '../config.ts'
import type { Database } from '../database.ts'
import { isOutage } from '../errors.ts'
import { outageOf } from '../outages.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import { moveCursors, write, type CursorStep, type Written } from './sql.ts'
import { eventOf, isEnd, type RecordedEvent, type StreamEntry } from './events.ts'
import { createFollowUp, type OnRecorded } from './follow-up.ts'
import type { Outbox } from './outbox.ts'
import { watchSlow } from './slow-watch.ts'

/**
 * Copies the outboxes to MySQL, exactly once: the cursor of a shard moves in the transaction that writes
 * its events, and only from where it was read. A recorder that crashes at any point repeats or skips nothing.
 */
export interface Recorder {
  /** Updates the gauges of backlog and lag. */
  measure(): Promise<void>
  /** Completes the current batch and gives the leases back. */
  close(): Promise<void>
}

export interface RecorderOptions {
  outbox: Outbox
  database: Database
  config: Pick<Config, 'SHARDS' | 'RECORDER_POLL_MS' | 'RECORDER_BATCH' | 'RECORDER_LEASE_MS'>
  /** Distinguishes this process from every other one, past or present. */
  owner: string
  metrics: Metrics
  log: Log
  /**
   * These matches and the tallies of their players are recorded. Called before their events are trimmed, and again if it failed or if it is
   * unknown whether it succeeded, so whatever it writes must be what MySQL holds now. The players' records are passed along if they are at
   * hand: only a moment old.
   */
  onRecorded: OnRecorded
  /** Called with every error that ended a batch. */
  failed?(error: unknown): void
  /** Called every few seconds while a batch waits for a store. */
  slow?(store: 'redis' | 'mysql'): void
  /** Called at the points of a batch where a crash would hurt most; tests crash there. */
  onStep?(step: 'written' | 'committed'): Promise<void>
}

/** Shards with the id of the entry that was recorded last. */
type Cursors = ReadonlyMap<number, string>

interface Copied {
  events: number
  /** More may be waiting already. */
  more: boolean
}

const NOTHING: Copied = { events: 0, more: false }

/** Another recorder was faster: what this one has read is recorded already. */
class CursorMoved extends Error {}

const START = '0-0'
const RETRY_MS = 1000
/** A continuing outage is logged again after this long, ms. */
const LOG_AGAIN_MS = 30_000
const TRANSACTION = { maxWait: 3000, timeout: 30_000, isolationLevel: 'ReadCommitted' } as const

export function createRecorder(options: RecorderOptions): Recorder {
  const { outbox, database, config, owner, metrics, log } = options
  const shards = Array.from({ length: config.SHARDS }, (_, shard) => shard)
  /** Shards whose lease this recorder holds, with their cursor as last read. */
  const held = new Map<number, string>()
  const following = createFollowUp({ outbox, onRecorded: options.onRecorded, batch: config.RECORDER_BATCH, metrics, log })
  const watch = watchSlow(log, (store) => options.slow?.(store))
  const stop = new AbortController()
  let leasesDue = 0

  async function refreshLeases(): Promise<void> {
    if (performance.now() < leasesDue) return
    const had = performance.now()
    const leases = await Promise.all(
      shards.map(async (shard) => ({ shard, lease: await outbox.lease(shard, owner, config.RECORDER_LEASE_MS) })),
    )
    for (const { shard, lease } of leases) if (lease === 'refused') drop(shard)
    // Also if this recorder had the lease a moment ago: Redis may have lost more than the lease.
    const taken = leases.filter(({ shard, lease }) => lease === 'taken' || (lease !== 'refused' && !held.has(shard)))
    if (taken.length > 0) await watch.during('mysql', takeOver(taken.map(({ shard }) => shard)))
    leasesDue = had + config.RECORDER_LEASE_MS / 3
  }

  async function takeOver(taken: number[]): Promise<void> {
    await database.outboxCursor.createMany({ data: taken.map((shard) => ({ shard, lastId: START })), skipDuplicates: true })
    const cursors = await database.outboxCursor.findMany({ where: { shard: { in: taken } } })
    await Promise.all(
      cursors.map(async ({ shard, lastId }) => {
        if (lastId !== START) await outbox.lift(shard, lastId)
        // A recorder that died after its commit left entries that it had recorded, perhaps before they were published.
        following.leave(shard)
        held.set(shard, lastId)
      }),
    )
  }

  function drop(shard: number): void {
    held.delete(shard)
    following.forget(shard)
  }

  /** One batch of these shards in one transaction: returns how many events it recorded, and whether more are there already. */
  async function copy(cursors: Cursors): Promise<Copied> {
    const share = Math.max(1, Math.ceil(config.RECORDER_BATCH / cursors.size))
    const entries = await outbox.read(cursors, share)
    const steps: (CursorStep & { entries: StreamEntry[] })[] = []
    const events: RecordedEvent[] = []
    let index = 0
    for (const [shard, from] of cursors) {
      const own = entries[index++] ?? []
      const to = own.at(-1)?.[0]
      if (to === undefined) continue
      steps.push({ shard, from, to, entries: own })
      for (const entry of own) events.push(eventOf(entry))
    }
    if (steps.length === 0) return NOTHING
    const writing = database.$transaction(async (tx): Promise<Written> => {
      const result = await write(tx, events)
      await options.onStep?.('written')
      if (!(await moveCursors(tx, steps))) throw new CursorMoved('another recorder was faster')
      return result
    }, TRANSACTION)
    const written = await watch.during('mysql', writing)
    for (const { shard, to } of steps) held.set(shard, to)
    await options.onStep?.('committed')
    for (const event of events) metrics.recordedEvents.inc({ type: event.type })
    if (written.skipped > 0) {
      metrics.repeatedEvents.inc({}, written.skipped)
      log.warn({ shards: steps.map(({ shard }) => shard), skipped: written.skipped }, 'events that MySQL held already')
    }
    const followedUp = await watch.during('mysql', following.followUp(events.filter(isEnd), written.players.map(publicRecord)))
    if (followedUp) await Promise.all(steps.map(({ shard, to, entries: own }) => following.done(shard, to, own)))
    else for (const { shard } of steps) following.leave(shard)
    return { events: events.length, more: entries.some(({ length }) => length === share) }
  }

  /** All shards at once; if that fails, one by one, so that a shard which cannot be recorded does not delay the others. */
  async function round(): Promise<Copied> {
    await refreshLeases()
    if (held.size === 0) return NOTHING
    const left = await watch.during('mysql', following.again(held))
    try {
      const { events, more } = await copy(held)
      return { events, more: more || left }
    } catch (error) {
      if (isOutage(error)) throw error
      if (error instanceof CursorMoved) log.info('another recorder was faster: this batch was dropped')
      let events = 0
      for (const [shard, cursor] of new Map(held)) events += await copyAlone(shard, cursor)
      return { events, more: events > 0 }
    }
  }

  /** Events of one shard that were recorded. */
  async function copyAlone(shard: number, cursor: string): Promise<number> {
    try {
      return (await copy(new Map([[shard, cursor]]))).events
    } catch (error) {
      // The cursor is read again before the next attempt: its position is unknown.
      drop(shard)
      leasesDue = 0
      if (isOutage(error)) throw error
      if (!(error instanceof CursorMoved)) {
        metrics.recorderErrors.inc()
        log.error({ shard, err: error }, 'a batch could not be recorded: trying again')
        failing = true
      }
      return 0
    }
  }

  const pause = async (ms: number): Promise<void> => {
    await sleep(ms, undefined, { signal: stop.signal }).catch(() => undefined)
  }

  /** Null, or since when batches fail, and when that is logged again. */
  let away: { since: number; logAt: number } | null = null
  /** A shard could not be recorded in this pass. */
  let failing = false
  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        failing = false
        const { more } = await round()
        // With a shard leased, its cursor was read after the outage. Without one, MySQL has not been used.
        if (held.size > 0) {
          if (away) log.info('the recorder works again')
          away = null
        }
        // Events collect meanwhile: one transaction for many costs little more than for one.
        if (failing) await pause(RETRY_MS)
        else if (!more) await pause(config.RECORDER_POLL_MS)
      } catch (error) {
        held.clear()
        following.forget()
        leasesDue = 0
        options.failed?.(error)
        metrics.recorderErrors.inc()
        const now = performance.now()
        away ??= { since: now, logAt: now }
        if (now >= away.logAt) {
          log.error(
            { ...outageOf(error), forMs: Math.round(now - away.since), err: error },
            'the recorder waits for Redis and MySQL: events stay in the outbox',
          )
          away.logAt = now + LOG_AGAIN_MS
        }
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
      watch.close()
      await Promise.allSettled([...held.keys()].map((shard) => outbox.release(shard, owner)))
    },
  }
}
