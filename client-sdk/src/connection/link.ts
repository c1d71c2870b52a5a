import { fromWire, GameError } from '../game-error.ts'
import type { Ack } from '../protocol.ts'
import { io } from '../transport/io.ts'
import { raiseLater, Timer } from '../util/timers.ts'

/** As much of a Socket.IO client as a link uses: ours, the official one, or `weapp.socket.io`. */
export interface SocketLike {
  on(event: string, listener: (...args: never[]) => void): unknown
  onAny(listener: (event: string, ...args: unknown[]) => void): unknown
  emit(event: string, ...args: unknown[]): unknown
  disconnect(): unknown
}
/** `io` of a Socket.IO client. */
export type IoLike = (url: string, options: object) => SocketLike

export interface LinkOptions {
  /** Another Socket.IO client than the one built in. */
  io: IoLike | undefined
  url: string
  /** Passed to `io` as they are. */
  socketOptions: object
  /** Until the handshake of Socket.IO itself is done, login by the server included. */
  connectTimeoutMs: number
}

export interface LinkEvents {
  up(): void
  event(name: string, args: unknown[]): void
  /** The end of this link, told once, whether it had been up or not. Not told after `close()`. */
  down(error: GameError): void
}

/** One connection from its first packet to its end; the next one is another link. */
export interface Link {
  readonly up: boolean
  /** Requests that have no answer yet. */
  readonly pending: number
  emit(event: string, ...args: unknown[]): void
  /** Resolves with `data` of the acknowledgement; rejects with its error, `timeout` or `disconnected`. */
  request(event: string, payload: unknown, timeoutMs: number): Promise<unknown>
  /** Safe at any moment. */
  close(): void
}

/** Opens a connection without any reconnection: when it ends it has ended. */
export function openLink(options: LinkOptions, events: LinkEvents): Link {
  const waiting = new Map<Timer, (error: GameError) => void>()
  const patience = new Timer()
  let up = false
  let over = false

  const begin: IoLike = options.io || io
  const socket = begin(
    options.url,
    Object.assign({}, options.socketOptions, {
      // A link has its own time-out and nobody but its owner decides when there is a next one.
      reconnection: false,
      forceNew: true,
      timeout: options.connectTimeoutMs,
    }),
  )

  const end = (error: GameError, tell: boolean): void => {
    if (over) return
    over = true
    up = false
    patience.stop()
    waiting.forEach((reject, timer) => {
      timer.stop()
      reject(error)
    })
    waiting.clear()
    try {
      socket.disconnect()
    } catch (error) {
      // `weapp.socket.io` throws when it is closed while it connects. Ours never does.
      if (!options.io) raiseLater(error)
    }
    if (tell) events.down(error)
  }

  patience.start(options.connectTimeoutMs, () => end(new GameError('timeout', 'connect timeout'), true))
  socket.on('connect', () => {
    if (over) return
    up = true
    patience.stop()
    events.up()
  })
  socket.on('connect_error', (error: { message?: string; data?: unknown }) => {
    end(
      error.data
        ? fromWire(error.data)
        : new GameError(error.message === 'timeout' ? 'timeout' : 'network', error.message),
      true,
    )
  })
  socket.on('disconnect', (reason: string) => end(new GameError('disconnected', reason), true))
  socket.onAny((event, ...args) => {
    if (!over) events.event(event, args)
  })

  return {
    get up() {
      return up
    },
    get pending() {
      return waiting.size
    },
    emit(event, ...args) {
      if (up) socket.emit(event, ...args)
    },
    request(event, payload, timeoutMs) {
      return new Promise((resolve, reject) => {
        if (!up) return reject(new GameError('disconnected'))
        const timer = new Timer()
        const settle = (): void => {
          timer.stop()
          waiting.delete(timer)
        }
        waiting.set(timer, reject)
        timer.start(timeoutMs, () => {
          settle()
          reject(new GameError('timeout', `no answer to ${event}`))
        })
        const ack = (reply: Ack<unknown>): void => {
          settle()
          if (reply && reply.ok) resolve(reply.data)
          else reject(fromWire(reply && reply.error))
        }
        if (payload === undefined) socket.emit(event, ack)
        else socket.emit(event, payload, ack)
      })
    },
    close: () => end(new GameError('disconnected', 'closed'), false),
  }
}
