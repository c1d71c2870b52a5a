import type { Batcher } from '../batcher.ts'

/** What a client of Redis has beside ioredis' own commands. */
export interface BatchedReads {
  /**
   * The value of a key, or null. On a single Redis, all keys that one event-loop tick asks for are read by one MGET, which costs little
   * more than one GET; it is sent after everything else that the tick sends. On a Cluster, where keys are in many slots, it is a GET.
   */
  batchedGet(key: string): Promise<string | null>
}

interface PendingRead {
  key: string
  resolve(value: string | null): void
  reject(error: unknown): void
}

/** Keys of one command, which keeps Redis busy for less than a millisecond. */
const READS_AT_ONCE = 500

/** @param mget the command that reads the keys of one tick */
export function batchReads(mget: (keys: string[]) => Promise<(string | null)[]>, batcher: Batcher): BatchedReads {
  let reads: PendingRead[] = []

  function flush(): void {
    const pending = reads
    reads = []
    for (let from = 0; from < pending.length; from += READS_AT_ONCE) void readTogether(pending.slice(from, from + READS_AT_ONCE))
  }

  async function readTogether(pending: PendingRead[]): Promise<void> {
    try {
      const values = await mget(pending.map(({ key }) => key))
      pending.forEach((read, index) => read.resolve(values[index] ?? null))
    } catch (error) {
      for (const read of pending) read.reject(error)
    }
  }

  return {
    batchedGet(key) {
      const { promise, resolve, reject } = Promise.withResolvers<string | null>()
      if (reads.length === 0) batcher.before(flush)
      reads.push({ key, resolve, reject })
      return promise
    },
  }
}
