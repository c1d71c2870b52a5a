import { WebSocket } from 'ws'
import type { MatchView } from '../../client-sdk/src/protocol.ts'

/**
 * The smallest client of the wire: Engine.IO and Socket.IO over one WebSocket, written by hand so that a thousand of them leave the
 * processor to the servers that are measured. It neither reconnects nor repeats.
 */
export interface WireClient {
  emit(event: string, payload: unknown, onAck?: (reply: string) => void): void
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

const MATCH = '42["match",'

/** Resolves once the namespace is connected. */
export function connectWire({ url, sessionId, localAddress, onMatch, onBytes, onGone }: WireClientOptions): Promise<WireClient> {
  const { promise, resolve, reject } = Promise.withResolvers<WireClient>()
  const socket = new WebSocket(`${url}/socket.io/?EIO=4&transport=websocket`, {
    perMessageDeflate: false,
    rejectUnauthorized: false,
    skipUTF8Validation: true,
    ...(localAddress === undefined ? {} : { localAddress }),
  })
  const acks = new Map<number, (reply: string) => void>()
  let nextAck = 0
  let closed = false
  const client: WireClient = {
    emit(event, payload, onAck) {
      if (socket.readyState !== WebSocket.OPEN) return
      const id = onAck ? nextAck++ : ''
      if (onAck && typeof id === 'number') acks.set(id, onAck)
      const text = `42${id}${JSON.stringify([event, payload])}`
      onBytes(text.length)
      socket.send(text)
    },
    close() {
      closed = true
      socket.close()
    },
  }
  socket.on('message', (data: Buffer) => {
    const text = data.toString()
    onBytes(data.length)
    if (text.startsWith(MATCH)) onMatch(JSON.parse(text.slice(MATCH.length, -1)) as MatchView)
    else if (text === '2') socket.send('3')
    else if (text.startsWith('0')) socket.send(`40${JSON.stringify({ sessionId })}`)
    else if (text.startsWith('43')) {
      const start = text.indexOf('[')
      const id = Number(text.slice(2, start))
      acks.get(id)?.(text)
      acks.delete(id)
    } else if (text.startsWith('40')) resolve(client)
    else if (text.startsWith('44')) reject(new Error(`refused: ${text.slice(2)}`))
  })
  socket.on('error', (error) => reject(error))
  socket.on('close', (code) => {
    reject(new Error(`closed with ${code}`))
    if (!closed) onGone(`closed with ${code}`)
  })
  return promise
}
