import { io as lookup } from 'socket.io-client'
import { parser } from './parser.ts'

type Events = Record<string, (...args: never[]) => void>
/** The arguments of an event without its acknowledgement. */
type WithoutAck<A extends unknown[]> = A extends [...infer Rest, (...args: never[]) => void] ? Rest : A
type AckReply<A extends unknown[]> = A extends [...unknown[], (reply: infer R) => void] ? R : never

/**
 * A socket of this package's `io`: that of `socket.io-client` 4.8, with the part of its types that needs no
 * `lib.dom`. See https://socket.io/docs/v4/client-api/#socket
 */
export interface IoSocket<Listen extends object = Events, Emit extends object = Events> {
  readonly id?: string | undefined
  readonly connected: boolean
  readonly disconnected: boolean
  readonly active: boolean
  auth: object | ((send: (auth: object) => void) => void)
  on(event: 'connect', listener: () => void): this
  on(event: 'connect_error', listener: (error: Error & { data?: unknown; description?: unknown }) => void): this
  on(event: 'disconnect', listener: (reason: string, details?: unknown) => void): this
  on<E extends keyof Listen & string>(event: E, listener: Listen[E]): this
  once(event: 'connect', listener: () => void): this
  once(event: 'connect_error', listener: (error: Error & { data?: unknown; description?: unknown }) => void): this
  once(event: 'disconnect', listener: (reason: string, details?: unknown) => void): this
  once<E extends keyof Listen & string>(event: E, listener: Listen[E]): this
  off(event?: string, listener?: (...args: never[]) => void): this
  onAny(listener: (event: string, ...args: unknown[]) => void): this
  offAny(listener?: (event: string, ...args: unknown[]) => void): this
  emit<E extends keyof Emit & string>(event: E, ...args: Emit[E] extends (...args: infer A) => void ? A : never): this
  emitWithAck<E extends keyof Emit & string>(
    event: E,
    ...args: Emit[E] extends (...args: infer A) => void ? WithoutAck<A> : never
  ): Promise<Emit[E] extends (...args: infer A) => void ? AckReply<A> : never>
  timeout(ms: number): this
  compress(compress: boolean): this
  readonly volatile: this
  connect(): this
  disconnect(): this
}

/** The options of `io` that matter in a mini program. See https://socket.io/docs/v4/client-options/ */
export interface IoOptions {
  transports?: unknown[]
  transportOptions?: { websocket?: object }
  path?: string
  query?: Record<string, string>
  auth?: object | ((send: (auth: object) => void) => void)
  extraHeaders?: Record<string, string>
  protocols?: string | string[]
  autoConnect?: boolean
  forceNew?: boolean
  multiplex?: boolean
  reconnection?: boolean
  reconnectionAttempts?: number
  reconnectionDelay?: number
  reconnectionDelayMax?: number
  randomizationFactor?: number
  /** Milliseconds until a connection attempt is given up. */
  timeout?: number
  /** How often a packet is sent again that was not acknowledged within `ackTimeout` milliseconds; needs `ackTimeout`. */
  retries?: number
  ackTimeout?: number
  /** Offer compression (`wx.connectSocket`'s `perMessageDeflate`). */
  perMessageDeflate?: boolean
}

/** Socket.IO's `io`, built into this package: `io(url, { transports: [WxTransport] })`. */
export const io = ((url: string, options?: IoOptions) => lookup(url, Object.assign({ parser }, options) as object)) as unknown as <
  Listen extends object = Events,
  Emit extends object = Events,
>(
  url: string,
  options?: IoOptions,
) => IoSocket<Listen, Emit>
