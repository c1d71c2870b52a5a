import type { EventEmitter } from 'node:events'
import type { Service, ServiceEvents } from '../services/process.ts'

/** What the watch needs of a node. */
export type Watched = Pick<Service, 'name' | 'url' | 'running' | 'wanted' | 'paused' | 'kill'> &
  Pick<EventEmitter<ServiceEvents>, 'on' | 'off'>

export interface WatchStallsOptions {
  /** Whether the node replies within `withinMs`. */
  answers(url: string, withinMs: number): Promise<boolean>
  note(line: string): void
}

/** A node that has not replied for this long is killed, ms: the kernel then closes the connections of its clients. */
export const STALLED_MS = 2500
const POLL_MS = 250

/**
 * Kills a node that runs and replies to nothing. What counts is the number of requests without a reply, not the time that has passed: a
 * machine that slept is no reason. A node that is starting or stopping, or that this process paused itself, is left alone.
 * @returns a function that ends the watch
 */
export function watchStalls(node: Watched, { answers, note }: WatchStallsOptions): () => void {
  let unanswered = 0
  let timer: NodeJS.Timeout | undefined

  const look = async (): Promise<void> => {
    const askedAt = performance.now()
    const alive = await answers(`${node.url}/healthz`, POLL_MS)
    if (!timer) return
    unanswered = alive || !node.running || !node.wanted || node.paused ? 0 : unanswered + 1
    if (unanswered * POLL_MS >= STALLED_MS) {
      unanswered = 0
      note(`${node.name} has not responded for ${STALLED_MS / 1000} s: killed, so that its clients reconnect elsewhere`)
      void node.kill()
      return stop()
    }
    timer = setTimeout(() => void look(), Math.max(0, POLL_MS - (performance.now() - askedAt)))
  }
  const begin = (): void => {
    unanswered = 0
    timer ??= setTimeout(() => void look(), POLL_MS)
  }
  const stop = (): void => {
    clearTimeout(timer)
    timer = undefined
  }
  node.on('started', begin)
  node.on('exited', stop)
  if (node.running) begin()
  return () => {
    stop()
    node.off('started', begin)
    node.off('exited', stop)
  }
}
