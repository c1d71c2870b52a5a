import type { Stored } from './store.ts'

/**
 * The last known state of matches that have a seat on this node. It only saves reads: a stale entry makes a commit
 * fail, never succeed, and nothing that counts as a read is answered from it.
 */
export interface MatchCache {
  get(match: string): Stored | undefined
  /** What this node has read or committed. */
  set(stored: Stored): void
  /**
   * What another node has committed: applied only to an entry that holds the state which the change was made from.
   * Any other entry is dropped, which covers lost, reordered and foreign messages.
   */
  applyRemote(from: string, stored: Stored): void
  drop(match: string): void
  /** All entries as they are now. */
  values(): Stored[]
  clear(): void
}

/** @param capacity entries kept; the one that was written longest ago goes first */
export function createMatchCache(capacity: number): MatchCache {
  const entries = new Map<string, Stored>()

  function set(stored: Stored): void {
    const { id, status } = stored.match
    entries.delete(id)
    // An ended match is seldom asked for: a read is cheaper than the memory.
    if (status === 'finished') return
    entries.set(id, stored)
    if (entries.size > capacity) {
      const oldest = entries.keys().next()
      if (!oldest.done) entries.delete(oldest.value)
    }
  }

  return {
    get: (match) => entries.get(match),
    set,
    applyRemote(from, stored) {
      const { id } = stored.match
      if (from === (entries.get(id)?.token ?? '')) set(stored)
      else entries.delete(id)
    },
    drop(match) {
      entries.delete(match)
    },
    values: () => [...entries.values()],
    clear: () => entries.clear(),
  }
}
