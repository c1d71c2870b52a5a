import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const OPCODES = { continuation: 0, text: 1, ping: 9, pong: 10 }

/** A masked frame, as clients send them. */
export function frame(payload: string | Buffer, kind: keyof typeof OPCODES = 'text', final = true): Buffer {
  const data = Buffer.from(payload)
  const mask = randomBytes(4)
  const length =
    data.length < 126
      ? [data.length]
      : data.length < 65_536
        ? [126, data.length >> 8, data.length & 255]
        : [127, 0, 0, 0, 0, ...[24, 16, 8, 0].map((shift) => (data.length >>> shift) & 255)]
  length[0] = (length[0] ?? 0) | 0x80
  const masked = data.map((byte, at) => byte ^ (mask[at & 3] ?? 0))
  return Buffer.concat([Buffer.from([(final ? 0x80 : 0) | OPCODES[kind], ...length]), mask, masked])
}

export interface RawWebSocket {
  socket: Socket
  /** Everything that was received, as text, including the frames. */
  received(): string
  /** Sends text frames. */
  send(...texts: string[]): void
  closed(): boolean
}

/** A WebSocket of Socket.IO on a TCP connection of its own, which may then send any bytes and need not read. */
export async function rawWebSocket(url: string, sessionId?: string): Promise<RawWebSocket> {
  const { hostname, port, host } = new URL(url)
  const socket = connect(Number(port), hostname)
  let text = ''
  let closed = false
  socket.on('data', (chunk) => (text += chunk.toString('latin1')))
  socket.on('error', () => undefined)
  socket.on('close', () => (closed = true))
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition() && !closed) await Promise.race([once(socket, 'data'), once(socket, 'close')])
  }
  socket.write(
    `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
  )
  await until(() => text.includes('{"sid"'))
  if (sessionId !== undefined) {
    socket.write(frame(`40${JSON.stringify({ sessionId })}`))
    await until(() => text.includes('40{"sid"'))
  }
  return {
    socket,
    received: () => text,
    send: (...texts) => void socket.write(Buffer.concat(texts.map((each) => frame(each)))),
    closed: () => closed,
  }
}
