/** Time-outs of the commands of one connection to Redis, with one timer for all of them: ioredis sets and clears one for each. */
import type { Command, Redis } from 'ioredis'

interface Sent {
  command: Command
  /** `performance.now()` by which it must have been answered. */
  until: number
}

/**
 * Rejects every command that is not settled `ms` after it was given to the client, with the error that ioredis' own `commandTimeout`
 * has (server/src/outages.ts knows it).
 */
export function timeOutCommands(client: Redis, ms: number): void {
  /** In the order in which they were sent, which is that of their ends, since all have the same time. */
  let sent: Sent[] = []
  /** Everything before is settled. */
  let first = 0
  let timer: NodeJS.Timeout | null = null

  /** Lets go of what is settled, up to the first that is not: a reply must not be kept until its time has passed. */
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

  const send = client.sendCommand.bind(client)
  client.sendCommand = (command, stream) => {
    skipSettled()
    sent.push({ command, until: performance.now() + ms })
    // The connection itself keeps the process alive while something is awaited.
    timer ??= setTimeout(check, ms).unref()
    return send(command, stream)
  }
}
