import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server, type Socket } from 'socket.io'

/** A plain Socket.IO server that echoes, in the place of a team's own. */
export interface EchoServer {
  url: string
  io: Server
  /** Headers of the handshakes. */
  headers: IncomingHttpHeaders[]
  /** Bytes of each binary argument, as they arrived. */
  received: number[][]
  sockets(): Socket[]
  close(): Promise<void>
}

export async function startEcho(): Promise<EchoServer> {
  const http = createServer()
  const io = new Server(http, { pingInterval: 10_000, pingTimeout: 10_000, serveClient: false })
  const headers: IncomingHttpHeaders[] = []
  const received: number[][] = []
  const accept = (socket: Socket): void => {
    headers.push(socket.handshake.headers)
    socket.on('echo', (value: unknown, ack: (value: unknown) => void) => ack(value))
    socket.on('binary', (data: Buffer, ack: (data: Buffer, length: number) => void) => {
      received.push([...data])
      ack(data, data.length)
    })
    socket.on('never', () => undefined)
  }
  io.on('connection', accept)
  io.of('/other').on('connection', accept)
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    io,
    headers,
    received,
    sockets: () => [...io.sockets.sockets.values()],
    close: async () => {
      await io.close()
    },
  }
}
