import { openConnection } from '../../client-sdk/src/connection/connection.ts'
import type { IoLike, SocketLike } from '../../client-sdk/src/connection/link.ts'
import { TIMING } from '../../client-sdk/src/connection/timing.ts'
import { toGameError } from '../../client-sdk/src/game-error.ts'
import { webHost } from '../../client-sdk/src/host/web.ts'
import type { MatchView, SyncReply } from '../../client-sdk/src/protocol.ts'
import { withTimeout } from '../../client-sdk/src/util/with-timeout.ts'
import { openWire, type WireClient, type WireClientOptions, type WireSocket } from './wire-client.ts'

/** A player who is not back after this long has failed, ms. */
export const PATIENCE_MS = 60_000

export interface Return {
  /** From the loss of the socket until the client was online and had the current view of its match, ms. */
  ms: number
  /** How many connections it opened for that. */
  sockets: number
}

/** A client of the wire that comes back after the loss of its socket. */
export interface ReturningClient extends WireClient {
  /** Breaks its socket at once, and resolves when the player is back. Rejects with a `GameError`. */
  loseSocket(): Promise<Return>
}

/**
 * Resolves once the client is online. It reconnects with the connection of the SDK, so with its back-off, its time-outs and its second
 * attempts, all at their defaults for the game client; as that does, it asks for its match when it is up again. Only Socket.IO itself is
 * replaced by the small client, which leaves more of the processor to the servers.
 */
export async function connectReturning({
  url,
  sessionId,
  localAddress,
  onMatch,
  onBytes,
  onGone,
}: WireClientOptions): Promise<ReturningClient> {
  const opened: WireSocket[] = []
  const io: IoLike = (address, options) => {
    const { auth, query } = options as { auth: object; query?: Record<string, string> }
    const [wire, socket] = socketOn((on) =>
      openWire({
        url: address.replace(/^http/, 'ws'),
        auth,
        ...(query ? { query } : {}),
        ...(localAddress === undefined ? {} : { localAddress }),
        onBytes,
        ...on,
      }),
    )
    opened.push(wire)
    return socket
  }
  const connection = openConnection({
    url,
    host: webHost({}),
    path: undefined,
    io,
    timing: TIMING,
    hedge: true,
    auth: () => ({ sessionId }),
    authTimeoutMs: TIMING.requestTimeoutMs,
    refused: () => 'stop',
    probe: undefined,
  })
  connection.onEvent.add((name, args) => {
    if (name === 'match') onMatch(args[0] as MatchView)
    // A second attempt may take over from the first.
    else if (name === 'session:replaced') connection.takenOver()
  })
  connection.onState.add(({ reason, error }) => {
    if (reason !== null && reason !== 'closed') onGone(error?.code ?? reason)
  })
  await connection.connect()
  return {
    emit(event, payload, onAck) {
      connection.request(event, payload).then(
        () => onAck?.('"ok":true'),
        (error: unknown) => onAck?.(`"code":"${toGameError(error).code}"`),
      )
    },
    close: () => connection.close(),
    async loseSocket() {
      const lost = performance.now()
      const up = new Promise<void>((resolve) => {
        const remove = connection.onUp.add(() => {
          remove()
          resolve()
        })
      })
      for (const wire of opened.splice(0)) wire.tear()
      await withTimeout(up, PATIENCE_MS, 'the server')
      const { match } = (await connection.request('match:sync', undefined, { repeat: true, timeoutMs: PATIENCE_MS })) as SyncReply
      if (match?.status !== 'playing') throw toGameError('the match is gone')
      return { ms: performance.now() - lost, sockets: opened.length }
    },
  }
}

type WireEvents = Pick<Parameters<typeof openWire>[0], 'onUp' | 'onRefused' | 'onEvent' | 'onGone'>

/** The connection that `open` opens, also in the form in which the SDK takes it. */
function socketOn(open: (on: WireEvents) => WireSocket): [WireSocket, SocketLike] {
  const listeners = new Map<string, (...args: never[]) => void>()
  const any: ((event: string, ...args: unknown[]) => void)[] = []
  const call = (event: string, ...args: unknown[]): void => (listeners.get(event) as ((...args: unknown[]) => void) | undefined)?.(...args)
  const state = { up: false, active: true }
  const wire = open({
    onUp() {
      state.up = true
      call('connect')
    },
    onRefused(packet) {
      state.active = false
      call('connect_error', JSON.parse(packet.slice(2)))
    },
    onEvent(packet) {
      const [event, ...args] = argumentsOf(packet) as [string, ...unknown[]]
      for (const listener of any) listener(event, ...args)
    },
    onGone(why) {
      if (state.up) call('disconnect', why)
      else call('connect_error', new Error(why))
    },
  })
  const socket: SocketLike = {
    get active() {
      return state.active
    },
    on: (event, listener) => listeners.set(event, listener),
    onAny: (listener) => any.push(listener),
    emit(event, ...args) {
      const ack = args.at(-1)
      if (typeof ack !== 'function') return wire.emit(event, args[0])
      wire.emit(event, args.length > 1 ? args[0] : undefined, (reply) => (ack as (...args: unknown[]) => void)(...argumentsOf(reply)))
    },
    disconnect: () => wire.close(),
  }
  return [wire, socket]
}

/** What an event or an acknowledgement carries. */
const argumentsOf = (packet: string): unknown[] => JSON.parse(packet.slice(packet.indexOf('['))) as unknown[]
