import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Polls a condition until it holds. An error that it throws means not yet.
 * @param ms how long; it is polled at least once
 * @param everyMs the pause between two polls
 * @returns false if the time is up
 */
export async function until(condition: () => boolean | Promise<boolean>, ms: number, everyMs = 50): Promise<boolean> {
  const deadline = performance.now() + ms
  for (;;) {
    try {
      if (await condition()) return true
    } catch {
      // Not yet.
    }
    if (performance.now() >= deadline) return false
    await sleep(everyMs)
  }
}

/** A client of the SDK, which emits every change of what it knows. */
interface Observable {
  subscribe(listener: () => void): () => void
}

/**
 * Waits for a condition on what a client knows, without polling.
 * @returns false if the signal is aborted first
 */
export async function untilClient(client: Observable, holds: () => boolean, signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const check = (): void => {
    if (signal.aborted || holds()) resolve(!signal.aborted)
  }
  const release = client.subscribe(check)
  signal.addEventListener('abort', check)
  check()
  try {
    return await promise
  } finally {
    release()
    signal.removeEventListener('abort', check)
  }
}
