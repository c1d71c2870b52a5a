import type { Stored, MatchStore, RemoteChange } from './store.ts'
import type { MatchCache } from './cache.ts'
import type { Deadlines } from './deadlines.ts'
import type { Match } from './match.ts'

export interface RemoteChangesOptions {
  store: Pick<MatchStore, 'parse'>
  cache: MatchCache
  deadlines: Pick<Deadlines, 'disarm' | 'passed'>
  /** Reads a match of which this node does not know enough. */
  read(match: string): Promise<Stored | null>
  /** A match has ended. */
  ended(match: Match): void
  /** Publishes a change to the connections of this node. */
  showHere(stored: Stored): void
  report(error: unknown, doing: string): void
}

/** Returns what a node does with a message about matches that another node has changed. It never throws. */
export function createRemoteChanges({
  store,
  cache,
  deadlines,
  read,
  ended,
  showHere,
  report,
}: RemoteChangesOptions): (message: string) => void {
  function receiveOne({ from, stored, visible }: RemoteChange): void {
    cache.applyRemote(from, stored)
    if (stored.match.status === 'finished') {
      ended(stored.match)
      deadlines.disarm(stored.match.id)
    } else deadlines.passed(stored.match.id, stored.match.round)
    // Not compared with the cache: that may already hold this very change, from a read that published it to nobody.
    if (visible) showHere(stored)
  }

  return (message) => {
    try {
      for (const change of store.parse(message, (match) => cache.get(match)?.match.setup)) {
        if ('stored' in change) receiveOne(change)
        else {
          read(change.id).then(
            (stored) => stored && receiveOne({ from: '', stored, visible: true }),
            (error: unknown) => report(error, 'reading a match that another node has changed'),
          )
        }
      }
    } catch (error) {
      report(error, 'reading a message of another node')
    }
  }
}
