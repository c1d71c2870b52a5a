/** Time-outs of the commands of one connection to Redis, with one timer for all of them: ioredis sets and clears one for each. */
import type { Command } from 'ioredis'

interface Sent {
  command: Command
  /** `performance.now()` by which a reply must have come. */
  until: number
}

export interface CommandTimeouts {
  /** Rejects the command if it is not settled in time, with the error of ioredis' own `commandTimeout` (server/src/outages.ts knows it). */
  start(command: Command): void
}

/** @param ms how long every command may take, from when it was given to the client */
export function createCommandTimeouts(ms: number): CommandTimeouts {
  /** In the order in which they were sent, which is the order in which they end, since all have the same time-out. */
  let sent: Sent[] = []
  /** All commands before this index are settled. */
  let first = 0
  let timer: NodeJS.Timeout | null = null

  /** Drops settled commands up to the first one that is not: a reply must not be kept until its time-out has passed. */
  function skipSettled(): Sent | undefined {
    while (first < sent.length && sent[first]?.command.isSettled) first += 1
    if (first > 1000 || first === sent.length) {
      sent = sent.slice(first)
      first = 0
    }
    return sent[first]
  }

  function check(): void {
    timer = null
    const now = performance.now()
    for (let next = skipSettled(); next; next = skipSettled()) {
      if (next.until > now) {
        timer = setTimeout(check, next.until - now).unref()
        return
      }
      next.command.reject(new Error('Command timed out'))
      first += 1
    }
  }

  return {
    start(command) {
      skipSettled()
      sent.push({ command, until: performance.now() + ms })
      // The connection itself keeps the process alive while a reply is awaited.
      timer ??= setTimeout(check, ms).unref()
    },
  }
}
