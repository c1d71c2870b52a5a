import type { Ack, CommandName } from '../../../client-sdk/src/protocol.ts'
import { CatalogueError, asCatalogueError } from '../errors.ts'
import { parse } from '../http/parse.ts'
import type { Allowance, Limiter, Rate } from '../limits.ts'
import type { Log } from '../log.ts'
import type { Stored } from '../match/store.ts'
import type { Metrics } from '../metrics.ts'
import type { Count, Observe } from '../fast-metrics.ts'
import type { StoreHealth } from '../store-health.ts'
import type { Caller, CommandTable } from './commands.ts'
import type { GameSocket } from './types.ts'

type AnyAck = (reply: Ack<unknown>) => void
interface AnyCommand {
  schema: Parameters<typeof parse<unknown>>[0]
  accepts?: (value: unknown) => boolean
  run(caller: Caller, request: unknown): Promise<unknown>
  rate: Rate
}
/** A command with what is looked up once for all its calls. */
interface Prepared {
  command: AnyCommand | null
  name: CommandName | 'unknown'
  rate: Rate
  ok: Count
  seconds: Observe
}

export interface DispatchOptions {
  table: CommandTable
  /** Counts by player, so that a new connection does not start from zero. */
  limiter: Limiter
  /** Rates that replace those of the table. */
  limits: Record<string, Rate>
  /** From now on a socket is sent the views of this match as a spectator. */
  watch(socket: GameSocket, match: string): Promise<Stored | null>
  stores: StoreHealth
  metrics: Metrics
  log: Log
}

const isAck = (value: unknown): value is AnyAck => typeof value === 'function'

/** Returns a function that takes every event of a socket through schema, limit and command to its acknowledgement. */
export function createDispatch({ table, limiter, limits, watch, stores, metrics, log }: DispatchOptions): (socket: GameSocket) => void {
  const prepare = (name: CommandName | 'unknown', command: AnyCommand | null): Prepared => ({
    command,
    name,
    rate: limits[name] ?? command?.rate ?? { perSecond: 1, burst: 1 },
    ok: metrics.commands.labels(name, 'ok'),
    seconds: metrics.commandSeconds.labels(name),
  })
  const commands = new Map(
    Object.entries(table).map(([name, command]) => [name, prepare(name as CommandName, command as unknown as AnyCommand)]),
  )
  // Names that clients invent must not become label values.
  const unknown = prepare('unknown', null)

  /** A class, since each connection has one. */
  class SocketCaller implements Caller {
    readonly player: Caller['player']
    readonly connection: Caller['connection']
    readonly #socket: GameSocket

    constructor(socket: GameSocket) {
      const { player, connection, acceptedAt } = socket.data
      this.#socket = socket
      this.player = player
      this.connection = { id: connection, acceptedAt }
    }

    get background(): boolean {
      return this.#socket.data.background
    }
    set background(value: boolean) {
      this.#socket.data.background = value
    }

    async watch(match: string): Promise<Stored | null> {
      return watch(this.#socket, match)
    }
  }

  /** The bucket of a command, looked up once for each socket that sends it. */
  function allowanceOf({ data }: GameSocket, { name, rate }: Prepared): Allowance {
    data.allowances ??= new Map()
    let allowance = data.allowances.get(name)
    if (!allowance) data.allowances.set(name, (allowance = limiter.allowance(`${data.player.id} ${name}`, rate)))
    return allowance
  }

  async function answer(socket: GameSocket, caller: Caller, prepared: Prepared, args: unknown[]): Promise<unknown> {
    const { command } = prepared
    if (!command) throw new CatalogueError('unknown_event')
    if (args.length > 1) throw new CatalogueError('bad_request', { message: 'one payload at most, then the acknowledgement' })
    const request = command.accepts?.(args[0]) ? args[0] : parse(command.schema, args[0])
    const retryAfterMs = allowanceOf(socket, prepared).take()
    if (retryAfterMs > 0) throw new CatalogueError('rate_limited', { retryAfterMs })
    // Commands of a connection take effect in the order in which they were sent: each waits for the one before.
    const { last, ready } = socket.data
    const task = (async () => {
      await last?.catch(() => undefined)
      await ready
      return command.run(caller, request)
    })()
    socket.data.last = task
    return task
  }

  async function handle(socket: GameSocket, caller: Caller, event: string, args: unknown[], ack: AnyAck | undefined): Promise<void> {
    const prepared = commands.get(event) ?? unknown
    const start = performance.now()
    try {
      const data = await answer(socket, caller, prepared, args)
      prepared.ok.inc()
      ack?.({ ok: true, data })
    } catch (error) {
      stores.failed(error)
      const refusal = asCatalogueError(error)
      metrics.commands.inc({ event: prepared.name, outcome: refusal.code })
      if (refusal.code === 'internal') log.error({ socket: socket.id, event: prepared.name, err: error }, 'command failed')
      ack?.({ ok: false, error: refusal.toWire() })
    } finally {
      prepared.seconds.observe((performance.now() - start) / 1000)
    }
  }

  return (socket) => {
    // Made once, not for each command.
    const caller = new SocketCaller(socket)
    socket.onAny((event: string, ...args: unknown[]) => {
      const ack = isAck(args.at(-1)) ? (args.pop() as AnyAck) : undefined
      void handle(socket, caller, event, args, ack)
    })
  }
}
