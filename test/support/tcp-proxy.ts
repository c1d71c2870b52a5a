import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface TcpProxy {
  port: number
  /** Connections that were accepted so far. */
  accepted(): number
  /** Cuts all connections; new ones are accepted. */
  cut(): void
  close(): Promise<void>
}

/**
 * Forwards connections to a port of this machine, or each to the port that is named for it. `change` gets each piece that a client sends
 * and returns what is sent on instead.
 * @param delayMs how long a reply of that port is held back, ms; called for each piece, and the pieces stay in their order
 */
export async function tcpProxy(
  port: number | (() => number),
  change: (sent: Buffer, connection: Socket) => Buffer = (sent) => sent,
  delayMs: () => number = () => 0,
): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let accepted = 0
  const server = createServer((client) => {
    accepted += 1
    const upstream = connect(typeof port === 'number' ? port : port(), '127.0.0.1')
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
    client.on('data', (sent) => upstream.write(change(sent, client)))
    let before = Promise.resolve()
    upstream.on('data', (reply) => {
      const ms = delayMs()
      before = before.then(async () => {
        if (ms > 0) await sleep(ms)
        if (!client.destroyed) client.write(reply)
      })
    })
    upstream.on('end', () => void before.then(() => client.end()))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    accepted: () => accepted,
    cut() {
      for (const socket of sockets) socket.destroy()
    },
    async close() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}
