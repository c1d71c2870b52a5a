import type { PublicPlayer } from '../../../client-sdk/src/protocol.ts'
import { isOutage } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import { eventOf, isEnd, type EndEvent, type StreamEntry } from './events.ts'
import type { Outbox } from './outbox.ts'

/** Called with matches that are recorded, to update caches, leaderboards and players. Repeating it does no harm. */
export type OnRecorded = (ends: EndEvent[], players?: PublicPlayer[]) => Promise<void>

/**
 * What follows from recorded matches. An entry leaves the outbox only afterwards, so that nothing is lost if it fails, whatever the reason.
 * What cannot be done at once is tried again, also by the next recorder of the shard, and does not delay recording.
 */
export interface FollowUp {
  /** False if it failed: then the entries must stay. Rejects if Redis or MySQL is away or refuses. */
  followUp(ends: EndEvent[], players?: PublicPlayer[]): Promise<boolean>
  /** Notes that entries up to the cursor of this shard may be left over. */
  leave(shard: number): void
  /** Removes entries that were followed up. Everything up to `to` must have been: of this shard only `entries`, if others are left over. */
  done(shard: number, to: string, entries: readonly StreamEntry[]): Promise<void>
  /** Follows up one batch of each shard that has entries left. True if more is to be done at once. Rejects as `followUp`. */
  again(cursors: ReadonlyMap<number, string>): Promise<boolean>
  /** Forgets a shard, or all of them: its next recorder looks for what is left. */
  forget(shard?: number): void
}

export interface FollowUpOptions {
  outbox: Outbox
  onRecorded: OnRecorded
  /** Entries that are read at once. */
  batch: number
  metrics: Pick<Metrics, 'recorderErrors'>
  log: Log
}

/** How far a shard has been searched, and what was found. */
interface Left {
  after: string
  failed: boolean
  /** When to begin again, by performance.now(). */
  due: number
}

const START = '0-0'
const AGAIN_MS = 5000

export function createFollowUp({ outbox, onRecorded, batch, metrics, log }: FollowUpOptions): FollowUp {
  const left = new Map<number, Left>()

  async function followUp(ends: EndEvent[], players?: PublicPlayer[]): Promise<boolean> {
    if (ends.length === 0) return true
    try {
      await onRecorded(ends, players)
      return true
    } catch (error) {
      if (isOutage(error)) throw error
      metrics.recorderErrors.inc()
      log.error(
        { err: error, matches: ends.length },
        'the follow-up of recorded results failed: they stay in the outbox and are tried again',
      )
      return false
    }
  }

  /** An entry that this release cannot read stays for one that can. */
  async function followUpEntries(entries: StreamEntry[]): Promise<boolean> {
    let events
    try {
      events = entries.map(eventOf)
    } catch (error) {
      metrics.recorderErrors.inc()
      log.error({ err: error }, 'a recorded entry cannot be parsed: it stays in the outbox')
      return false
    }
    return followUp(events.filter(isEnd))
  }

  /** Together, or if that fails one by one, so that an entry which always fails delays no other. */
  async function followedUpOf(entries: StreamEntry[]): Promise<StreamEntry[]> {
    if (await followUpEntries(entries)) return entries
    const done: StreamEntry[] = []
    for (const entry of entries) if (await followUpEntries([entry])) done.push(entry)
    return done
  }

  async function goOn(shard: number, state: Left, cursor: string): Promise<void> {
    const entries = await outbox.copied(shard, state.after, cursor, batch)
    const done = await followedUpOf(entries)
    await outbox.remove(
      shard,
      done.map(([id]) => id),
    )
    if (done.length < entries.length) state.failed = true
    const last = entries.length < batch ? undefined : entries.at(-1)?.[0]
    if (last !== undefined) state.after = last
    else if (state.failed) left.set(shard, { after: START, failed: false, due: performance.now() + AGAIN_MS })
    else left.delete(shard)
  }

  return {
    followUp,
    leave: (shard) => void left.set(shard, { after: START, failed: false, due: 0 }),
    async done(shard, to, entries) {
      if (left.has(shard))
        await outbox.remove(
          shard,
          entries.map(([id]) => id),
        )
      else await outbox.trim(new Map([[shard, to]]))
    },
    async again(cursors) {
      for (const [shard, state] of left) {
        const cursor = cursors.get(shard)
        if (cursor !== undefined && state.due <= performance.now()) await goOn(shard, state, cursor)
      }
      return [...left.values()].some(({ due }) => due <= performance.now())
    },
    forget(shard) {
      if (shard === undefined) left.clear()
      else left.delete(shard)
    },
  }
}
