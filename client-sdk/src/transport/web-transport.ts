import { NativeTransport, type NativeEvents, type NativeSocket } from './native-transport.ts'
import type { TransportConstructor } from './transport.ts'

/** The part of the standard `WebSocket` that is used; that of `ws` fits as well. */
export interface WebSocketLike {
  binaryType: string
  send(data: string | ArrayBuffer): void
  close(): void
  addEventListener(type: string, listener: (event: { data?: unknown; message?: string }) => void): void
}
/** Its class. */
export type WebSocketConstructor = new (url: string, protocols?: string | string[]) => WebSocketLike

declare const WebSocket: WebSocketConstructor | undefined

function dialWeb(Socket: WebSocketConstructor, url: string, protocols: string[], events: NativeEvents): NativeSocket {
  let over = false
  const socket = protocols.length ? new Socket(url, protocols) : new Socket(url)
  socket.binaryType = 'arraybuffer'
  socket.addEventListener('open', () => {
    if (!over) events.open()
  })
  socket.addEventListener('message', ({ data }) => {
    if (!over) events.message(data)
  })
  socket.addEventListener('error', (event) => {
    if (over) return
    over = true
    events.error(event.message || 'websocket error', event)
  })
  socket.addEventListener('close', (event) => {
    if (over) return
    over = true
    events.close(event)
  })
  return {
    send: (data) => {
      if (!over) socket.send(data)
    },
    close: () => {
      over = true
      socket.close()
    },
  }
}

class OverWebSocket extends NativeTransport {
  protected override dial(url: string, events: NativeEvents): NativeSocket {
    const opts = this.opts as { WebSocket?: WebSocketConstructor; protocols?: string | string[] }
    const Socket = opts.WebSocket || WebSocket
    if (!Socket) throw new Error('There is no WebSocket here: pass one as `WebSocket`.')
    return dialWeb(Socket, url, ([] as string[]).concat(opts.protocols || []), events)
  }
}

/** Socket.IO over the standard `WebSocket`, for browsers and Node; another class can be passed in. */
export const WebSocketTransport = OverWebSocket as unknown as TransportConstructor
