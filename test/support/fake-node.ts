import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { Server } from 'socket.io'
import { takePort, releasePort } from '../../tools/services/ports.ts'

/** The reply of a fake node to a plain request: its name and the request that it got. */
export interface Echo {
  node: string
  method: string
  url: string
  headers: IncomingHttpHeaders
}

export interface FakeNode {
  name: string
  port: number
  /** Number of its replies over plain HTTP. */
  replies: number
  io: Server
  /** Set it to reply to plain requests with something else than an Echo. */
  handler: ((request: IncomingMessage, response: ServerResponse) => void) | null
  close(): Promise<void>
}

/** A Socket.IO server in place of a node behind nginx: tests of nginx need to see the requests that arrive there. */
export async function fakeNode(name: string, at: { host?: string; port?: number } = {}): Promise<FakeNode> {
  const port = at.port ?? (await takePort())
  const http = createServer((request, response) => {
    node.replies += 1
    if (node.handler) return node.handler(request, response)
    const echo: Echo = { node: name, method: request.method ?? '', url: request.url ?? '', headers: request.headers }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(echo))
  })
  const io = new Server(http, { transports: ['polling', 'websocket'] })
  io.on('connection', (socket) => {
    socket.on('who', (ack: (name: string) => void) => ack(name))
  })
  const node: FakeNode = {
    name,
    port,
    replies: 0,
    io,
    handler: null,
    async close() {
      http.closeAllConnections()
      await io.close()
      if (at.port === undefined) releasePort(port)
    },
  }
  await new Promise<void>((resolve) => void http.listen(port, at.host ?? '127.0.0.1', resolve))
  return node
}
