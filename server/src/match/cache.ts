import type { Stored } from './store.ts'

/**
 * The last known state of matches that have a seat on this node. The cache only saves reads: with a stale entry a commit fails, it never
 * succeeds, and nothing that counts as a read is answered from it.
 */
export interface MatchCache {
  get(match: string): Stored | undefined
  /** Remembers a state that this node has read or committed. */
  set(stored: Stored): void
  /**
   * Applies a change that another node has committed, if the entry holds the state that the change was made from. Any other entry is
   * dropped, which covers lost, reordered and foreign messages.
   */
  applyRemote(from: string, stored: Stored): void
  drop(match: string): void
  /** All entries. */
  values(): Stored[]
  clear(): void
}

/** @param capacity entries kept; the one written longest ago is dropped first */
export function createMatchCache(capacity: number): MatchCache {
  const entries = new Map<string, Stored>()

  function set(stored: Stored): void {
    const { id, status } = stored.match
    entries.delete(id)
    // An ended match is rarely needed: a read is cheaper than the memory.
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
