/** What this process asks of Redis in one turn of the event loop: as few system calls and commands as will do. */
import type { Redis } from 'ioredis'
import { Gathering } from '../batcher.ts'

/**
 * A write less wakes Redis, and this process for the replies, less often, and the moves of players who think for seconds wait some
 * milliseconds more. So the pace follows the load: the share of time in which the event loop was not idle.
 */
export const PACE = { idleMs: 2, busyMs: 4, idle: 0.2, busy: 0.6 } as const
/** How long a share is taken over, ms. */
const SAMPLE_MS = 500

let sample = performance.eventLoopUtilization()
let sampledAt = performance.now()
let paceMs: number = PACE.idleMs

/** The pace at the load of this moment, ms. */
export function pace(): number {
  const now = performance.now()
  if (now - sampledAt >= SAMPLE_MS) {
    const current = performance.eventLoopUtilization()
    paceMs = paceAt(performance.eventLoopUtilization(current, sample).utilization)
    sample = current
    sampledAt = now
  }
  return paceMs
}

/** The pause between two writes to Redis, ms, at this utilization of the event loop, from 0 to 1. */
export function paceAt(utilization: number): number {
  const share = (utilization - PACE.idle) / (PACE.busy - PACE.idle)
  return PACE.idleMs + (PACE.busyMs - PACE.idleMs) * Math.min(1, Math.max(0, share))
}

/** What this process sends to Redis. */
export const outgoing = new Gathering(pace)

/** Commands of a turn leave together. */
export function gatherWrites(client: Redis): void {
  const send = client.sendCommand.bind(client)
  client.sendCommand = (command, stream) => {
    if (client.status === 'ready') outgoing.cork(client.stream)
    return send(command, stream)
  }
}

interface PendingRead {
  key: string
  resolve(value: string | null): void
  reject(error: unknown): void
}

/** Keys of one command: it keeps Redis for less than a millisecond. */
const READS_AT_ONCE = 500

/**
 * Every `get` of a turn is part of one MGET, which costs little more than one GET. Not for a Cluster: the keys are in many slots.
 * It is sent last, so whatever is sent without awaiting it comes before it.
 */
export function gatherReads(client: Redis): void {
  let reads: PendingRead[] = []

  function flush(): void {
    const asked = reads
    reads = []
    for (let from = 0; from < asked.length; from += READS_AT_ONCE) void readTogether(asked.slice(from, from + READS_AT_ONCE))
  }

  async function readTogether(asked: PendingRead[]): Promise<void> {
    try {
      const values = await client.mget(asked.map(({ key }) => key))
      asked.forEach((read, index) => read.resolve(values[index] ?? null))
    } catch (error) {
      for (const read of asked) read.reject(error)
    }
  }

  Object.assign(client, {
    get(key: string): Promise<string | null> {
      const { promise, resolve, reject } = Promise.withResolvers<string | null>()
      if (reads.length === 0) outgoing.before(flush)
      reads.push({ key, resolve, reject })
      return promise
    },
  })
}
