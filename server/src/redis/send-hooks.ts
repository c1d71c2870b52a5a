/**
 * The one place that replaces a method of ioredis. Two things that this server needs for every command of every connection have no hook of
 * their own: the writes of one event-loop tick are sent in one system call, and one timer serves all command time-outs. A subclass would do
 * for a single Redis, but a Cluster constructs the connections to its nodes itself. `sendCommand` is public, and every command of a
 * connection goes through it, including those of pipelines and transactions; test/integration/send-hooks.test.ts notices if that changes.
 */
import type { Redis } from 'ioredis'
import type { Batcher } from '../batcher.ts'
import { createCommandTimeouts } from './command-timeouts.ts'

/** @param timeoutMs how long a command may take, or null if it waits for as long as Redis is away */
export function hookSends(connection: Redis, batcher: Batcher, timeoutMs: number | null): void {
  const timeouts = timeoutMs === null ? null : createCommandTimeouts(timeoutMs)
  const send = connection.sendCommand.bind(connection)
  connection.sendCommand = (command, stream) => {
    timeouts?.start(command)
    if (connection.status === 'ready') batcher.cork(connection.stream)
    return send(command, stream)
  }
}
