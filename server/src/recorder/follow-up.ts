import type { PublicPlayer } from '../../../client-sdk/src/protocol.ts'
import { isOutage } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import { eventOf, isEnd, type EndEvent, type StreamEntry } from './events.ts'
import type { Outbox } from './outbox.ts'

/** Called with matches that are committed, to bring caches, leaderboards and players up to date. Repeating it does no harm. */
export type OnRecorded = (ends: EndEvent[], players?: PublicPlayer[]) => Promise<void>

/**
 * What follows from recorded matches. An entry leaves the outbox only after it, so that nothing is lost when it fails, whatever
 * the reason. What cannot be done at once is tried again, also by the next recorder of the shard, and holds up no copying.
 */
export interface FollowUp {
  /** False if it failed: then the entries must stay. Rejects if Redis or MySQL is away or refuses. */
  tell(ends: EndEvent[], players?: PublicPlayer[]): Promise<boolean>
  /** Notes that entries up to the cursor of this shard may be left over. */
  leave(shard: number): void
  /** Removes entries that were told. Everything up to `to` must have been: of this shard only `entries`, if others are left over. */
  done(shard: number, to: string, entries: readonly StreamEntry[]): Promise<void>
  /** Tells of one batch of each shard that has some left. True if more is to be done at once. Rejects as `tell`. */
  again(cursors: ReadonlyMap<number, string>): Promise<boolean>
  /** Forgets a shard, or all of them: its next recorder looks for what is left. */
  forget(shard?: number): void
}

export interface FollowUpOptions {
  outbox: Outbox
  onRecorded: OnRecorded
  /** Entries that are looked at in one go. */
  batch: number
  metrics: Pick<Metrics, 'recorderErrors'>
  log: Log
}

/** How far a shard has been gone through, and what was found on the way. */
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

  async function tell(ends: EndEvent[], players?: PublicPlayer[]): Promise<boolean> {
    if (ends.length === 0) return true
    try {
      await onRecorded(ends, players)
      return true
    } catch (error) {
      if (isOutage(error)) throw error
      metrics.recorderErrors.inc()
      log.error(
        { err: error, matches: ends.length },
        'recorded results could not be passed on: they stay in the outbox and are tried again',
      )
      return false
    }
  }

  /** An entry that this release cannot read stays for one that can. */
  async function tellEntries(entries: StreamEntry[]): Promise<boolean> {
    let events
    try {
      events = entries.map(eventOf)
    } catch (error) {
      metrics.recorderErrors.inc()
      log.error({ err: error }, 'an entry that was copied cannot be read: it stays in the outbox')
      return false
    }
    return tell(events.filter(isEnd))
  }

  /** Together, or if that fails one after another, so that an entry which always fails holds up no other. */
  async function toldOf(entries: StreamEntry[]): Promise<StreamEntry[]> {
    if (await tellEntries(entries)) return entries
    const told: StreamEntry[] = []
    for (const entry of entries) if (await tellEntries([entry])) told.push(entry)
    return told
  }

  async function goOn(shard: number, state: Left, cursor: string): Promise<void> {
    const entries = await outbox.copied(shard, state.after, cursor, batch)
    const told = await toldOf(entries)
    await outbox.remove(
      shard,
      told.map(([id]) => id),
    )
    if (told.length < entries.length) state.failed = true
    const last = entries.length < batch ? undefined : entries.at(-1)?.[0]
    if (last !== undefined) state.after = last
    else if (state.failed) left.set(shard, { after: START, failed: false, due: performance.now() + AGAIN_MS })
    else left.delete(shard)
  }

  return {
    tell,
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
