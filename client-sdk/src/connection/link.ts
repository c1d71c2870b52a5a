import { fromRefusal, fromWire, GameError } from '../game-error.ts'
import { io } from '../transport/io.ts'
import { reportError, Timer } from '../util/timers.ts'

/** As much of a Socket.IO client as a link uses: ours, the official one, or `weapp.socket.io`. */
export interface SocketLike {
  /** False after the server refused the handshake; older clients do not have it. */
  readonly active?: boolean
  /** The official client's manager, which tells of the server's pings. */
  readonly io?: unknown
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
  /** Milliseconds until the handshake of Socket.IO itself is done, login by the server included. */
  connectTimeoutMs: number
  /** The whole time that an acknowledgement may take, milliseconds. */
  ackTimeoutMs: number
}

export interface LinkEvents {
  up(): void
  event(name: string, args: unknown[]): void
  /** Something came from the server, were it only its ping. */
  heard(): void
  /** An acknowledgement came, so many milliseconds after its question. */
  acknowledged(ms: number): void
  /** A question waits longer for its answer than it should, and no later one was answered. */
  late(): void
  /** It waited for the whole time that an acknowledgement may take. (A caller in a hurry says nothing of the connection.) */
  silent(): void
  /** The server refused the handshake. The link is over. */
  refused(error: GameError): void
  /** The end of this link, told once, whether it had been up or not. Not told after `close()` and `refused`. */
  down(error: GameError): void
}

/** One connection from its first packet to its end; the next one is another link. */
export interface Link {
  readonly up: boolean
  /** Requests that have no answer yet. */
  readonly pending: number
  emit(event: string, ...args: unknown[]): void
  /**
   * Resolves with `data` of the acknowledgement; rejects with its error, `bad_reply`, `timeout` or `disconnected`.
   * @param lateMs milliseconds after which the owner of the link is told that the answer is late; never if absent
   */
  request(event: string, payload: unknown, timeoutMs: number, lateMs?: number): Promise<unknown>
  /** Safe at any moment. */
  close(): void
}

interface Pending {
  timer: Timer
  late: Timer
  reject(error: GameError): void
}

/** Opens a connection without any reconnection: when it ends it has ended. */
export function openLink(options: LinkOptions, events: LinkEvents): Link {
  const waiting = new Set<Pending>()
  const patience = new Timer()
  let up = false
  let over = false
  /** How many questions were asked, and the number of the latest one that was answered. */
  let asked = 0
  let answered = 0

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

  const end = (error: GameError, tell?: (error: GameError) => void): void => {
    if (over) return
    over = true
    up = false
    patience.stop()
    waiting.forEach(({ timer, late, reject }) => {
      timer.stop()
      late.stop()
      reject(error)
    })
    waiting.clear()
    try {
      socket.disconnect()
    } catch (error) {
      // `weapp.socket.io` throws when it is closed while it connects. Ours never does.
      if (!options.io) reportError(error)
    }
    if (tell) tell(error)
  }

  patience.start(options.connectTimeoutMs, () => end(new GameError('timeout', 'connect timeout'), events.down))
  socket.on('connect', () => {
    if (over) return
    up = true
    patience.stop()
    events.up()
  })
  socket.on('connect_error', (error: { message?: string; data?: unknown }) => {
    // As Socket.IO documents it: a socket that is not active any more was refused; otherwise the way to the server failed.
    if (socket.active === undefined ? error.data !== undefined : !socket.active) end(fromRefusal(error), events.refused)
    else end(new GameError(error.message === 'timeout' ? 'timeout' : 'network', error.message), events.down)
  })
  socket.on('disconnect', (reason: string) => end(new GameError('disconnected', reason), events.down))
  socket.onAny((event, ...args) => {
    if (over) return
    events.heard()
    events.event(event, args)
  })
  const manager = socket.io as { on?: (event: string, listener: () => void) => void } | undefined
  if (manager && typeof manager.on === 'function') {
    manager.on('ping', () => {
      if (!over) events.heard()
    })
  }

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
    request(event, payload, timeoutMs, lateMs) {
      return new Promise((resolve, reject) => {
        if (!up) return reject(new GameError('disconnected'))
        const askedAt = Date.now()
        const number = ++asked
        const pending: Pending = { timer: new Timer(), late: new Timer(), reject }
        const settle = (): void => {
          pending.timer.stop()
          pending.late.stop()
          waiting.delete(pending)
        }
        waiting.add(pending)
        pending.timer.start(timeoutMs, () => {
          settle()
          reject(new GameError('timeout', `no answer to ${event}`))
          if (timeoutMs >= options.ackTimeoutMs && answered < number) events.silent()
        })
        if (lateMs !== undefined) {
          pending.late.start(lateMs, () => {
            if (answered < number) events.late()
          })
        }
        const ack = (...args: unknown[]): void => {
          if (over) return
          settle()
          answered = Math.max(answered, number)
          events.acknowledged(Date.now() - askedAt)
          const reply = args[0] as { ok?: unknown; data?: unknown; error?: unknown } | null | undefined
          if (reply && reply.ok === true) resolve(reply.data)
          else if (reply && reply.ok === false) reject(fromWire(reply.error))
          else reject(new GameError('bad_reply', `${event} was acknowledged without {ok, data} or {ok, error}`, { temporary: false }))
        }
        if (payload === undefined) socket.emit(event, ack)
        else socket.emit(event, payload, ack)
      })
    },
    close: () => end(new GameError('disconnected', 'closed')),
  }
}
