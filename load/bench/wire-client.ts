import { WebSocket } from 'ws'
import type { MatchView } from '../../client-sdk/src/protocol.ts'

/**
 * The smallest client of the wire: Engine.IO and Socket.IO over one WebSocket, written by hand so that a thousand of them leave the
 * processor to the servers that are measured. It neither reconnects nor repeats.
 */
export interface WireClient {
  /** @param onAck gets the packet of the acknowledgement */
  emit(event: string, payload?: unknown, onAck?: (reply: string) => void): void
  close(): void
}

export interface WireClientOptions {
  /** `ws://` or `wss://` address of a node or of nginx. */
  url: string
  sessionId: string
  /** Source address, so that one machine has more than 28,000 ports. */
  localAddress?: string
  onMatch(view: MatchView): void
  /** Called with the bytes of each message in either direction; the overhead of TCP, TLS and WebSocket is not counted. */
  onBytes(bytes: number): void
  /** The connection is gone. */
  onGone(why: string): void
}

/** A connection that may not be up yet. */
export interface WireSocket extends WireClient {
  /** Breaks the connection as a lost network does, without a close frame. */
  tear(): void
}

export interface WireSocketOptions extends Pick<WireClientOptions, 'url' | 'localAddress' | 'onBytes' | 'onGone'> {
  auth: object
  /** Further parameters of the address. */
  query?: Record<string, string>
  onUp(): void
  /** @param packet of the refusal */
  onRefused(packet: string): void
  /** @param packet of the event */
  onEvent(packet: string): void
}

const EVENT = '42'
const MATCH = `${EVENT}["match",`

/** Opens a connection. Nothing follows on `onGone`, which is not called after `close()`. */
export function openWire({ url, localAddress, auth, query = {}, ...on }: WireSocketOptions): WireSocket {
  const parameters = new URLSearchParams({ EIO: '4', transport: 'websocket', ...query }).toString()
  const socket = new WebSocket(`${url}/socket.io/?${parameters}`, {
    perMessageDeflate: false,
    rejectUnauthorized: false,
    skipUTF8Validation: true,
    ...(localAddress === undefined ? {} : { localAddress }),
  })
  const acks = new Map<number, (reply: string) => void>()
  let nextAck = 0
  let closed = false
  let failure: string | null = null
  socket.on('message', (data: Buffer) => {
    const text = data.toString()
    on.onBytes(data.length)
    if (text.startsWith(EVENT)) on.onEvent(text)
    else if (text === '2') socket.send('3')
    else if (text.startsWith('0')) socket.send(`40${JSON.stringify(auth)}`)
    else if (text.startsWith('43')) {
      const id = Number(text.slice(2, text.indexOf('[')))
      acks.get(id)?.(text)
      acks.delete(id)
    } else if (text.startsWith('40')) on.onUp()
    else if (text.startsWith('44')) on.onRefused(text)
  })
  socket.on('error', ({ message }) => (failure = message))
  socket.on('close', (code) => {
    if (!closed) on.onGone(failure ?? `closed with ${code}`)
  })
  return {
    emit(event, payload, onAck) {
      if (socket.readyState !== WebSocket.OPEN) return
      const id = onAck ? nextAck++ : ''
      if (onAck && typeof id === 'number') acks.set(id, onAck)
      const text = `${EVENT}${id}${JSON.stringify(payload === undefined ? [event] : [event, payload])}`
      on.onBytes(text.length)
      socket.send(text)
    },
    close() {
      closed = true
      socket.close()
    },
    tear: () => socket.terminate(),
  }
}

/** Resolves once the namespace is connected. */
export function connectWire({ sessionId, onMatch, onGone, ...options }: WireClientOptions): Promise<WireClient> {
  const { promise, resolve, reject } = Promise.withResolvers<WireClient>()
  let up = false
  const client = openWire({
    ...options,
    auth: { sessionId },
    onUp() {
      up = true
      resolve(client)
    },
    onEvent(packet) {
      if (packet.startsWith(MATCH)) onMatch(JSON.parse(packet.slice(MATCH.length, -1)) as MatchView)
    },
    onRefused: (packet) => reject(new Error(`refused: ${packet.slice(2)}`)),
    onGone(why) {
      if (up) onGone(why)
      else reject(new Error(why))
    },
  })
  return promise
}
