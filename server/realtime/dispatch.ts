import type { Ack, CommandName } from '../../client-sdk/src/protocol.ts'
import { CatalogueError, asCatalogueError } from '../errors.ts'
import { parse } from '../http/parse.ts'
import type { Limiter, Rate } from '../limits.ts'
import type { Log } from '../log.ts'
import type { Stored } from '../match/store.ts'
import type { Metrics } from '../metrics.ts'
import type { StoreWatch } from '../store-watch.ts'
import type { Caller, CommandTable } from './commands.ts'
import type { GameSocket } from './types.ts'

type AnyAck = (reply: Ack<unknown>) => void
interface AnyCommand {
  rate: Rate
  schema: Parameters<typeof parse<unknown>>[0]
  run(caller: Caller, request: unknown): Promise<unknown>
}

export interface DispatchOptions {
  table: CommandTable
  /** Counts by player, so that a new connection does not start from zero. */
  limiter: Limiter
  /** Rates that replace those of the table. */
  limits: Record<string, Rate>
  /** From now on a socket is sent the views of a match as a spectator. */
  watch(socket: GameSocket, match: string): Promise<Stored | null>
  stores: StoreWatch
  metrics: Metrics
  log: Log
}

const isAck = (value: unknown): value is AnyAck => typeof value === 'function'

/** Answers a function that takes every event of a socket through schema, limit and command to its acknowledgement. */
export function createDispatch({ table, limiter, limits, watch, stores, metrics, log }: DispatchOptions): (socket: GameSocket) => void {
  const commands = new Map(Object.entries(table)) as unknown as Map<string, AnyCommand>

  function callerOf(socket: GameSocket): Caller {
    const { data } = socket
    return {
      player: data.player,
      connection: { id: data.connection, acceptedAt: data.acceptedAt },
      get background() {
        return data.background
      },
      set background(value) {
        data.background = value
      },
      watch: (match) => watch(socket, match),
    }
  }

  async function answer(socket: GameSocket, caller: Caller, event: string, args: unknown[]): Promise<unknown> {
    const command = commands.get(event)
    if (!command) throw new CatalogueError('unknown_event')
    if (args.length > 1) throw new CatalogueError('bad_request', { message: 'one payload at most, then the acknowledgement' })
    const request = parse(command.schema, args[0])
    const { player, ready } = socket.data
    const retryAfterMs = limiter.take(`${player.id} ${event}`, limits[event] ?? command.rate)
    if (retryAfterMs > 0) throw new CatalogueError('rate_limited', { retryAfterMs })
    // Commands of a connection take effect in the order in which they were sent: each waits for the one before.
    const { last } = socket.data
    const task = (async () => {
      await last?.catch(() => undefined)
      await ready
      return command.run(caller, request)
    })()
    socket.data.last = task
    return task
  }

  async function handle(socket: GameSocket, caller: Caller, event: string, args: unknown[], ack: AnyAck | undefined): Promise<void> {
    // What clients invent must not become label values.
    const label = commands.has(event) ? (event as CommandName) : 'unknown'
    const start = performance.now()
    try {
      const data = await answer(socket, caller, event, args)
      counted(label).ok.inc()
      ack?.({ ok: true, data })
    } catch (fault) {
      stores.failed(fault)
      const error = asCatalogueError(fault)
      metrics.commands.inc({ event: label, outcome: error.code })
      if (error.code === 'internal') log.error({ socket: socket.id, event: label, err: fault }, 'command failed')
      ack?.({ ok: false, error: error.toWire() })
    } finally {
      counted(label).seconds.observe((performance.now() - start) / 1000)
    }
  }

  /** The series of an event, looked up once: with labels each time costs more than the rest of a command's counting. */
  const series = new Map<string, { ok: { inc(): void }; seconds: { observe(seconds: number): void } }>()
  function counted(event: CommandName | 'unknown') {
    let found = series.get(event)
    if (!found) series.set(event, (found = { ok: metrics.commands.labels(event, 'ok'), seconds: metrics.commandSeconds.labels(event) }))
    return found
  }

  return (socket) => {
    // Made once, not for each command.
    const caller = callerOf(socket)
    socket.onAny((event: string, ...args: unknown[]) => {
      const ack = isAck(args.at(-1)) ? (args.pop() as AnyAck) : undefined
      void handle(socket, caller, event, args, ack)
    })
  }
}
