import type { Socket } from 'node:net'
import { Gathering } from '../turn.ts'
import type { GameServer } from './types.ts'

/** What is used here of an Engine.IO socket. */
interface Connection {
  transport: { name: string }
  request: { socket: Socket }
  on(event: 'packetCreate', listener: () => void): void
}

/** An acknowledgement and the view that follows it, or the views of a round that ends and of the next, leave in one piece. */
export function batchWrites(io: GameServer): void {
  const turn = new Gathering()
  io.engine.on('connection', (connection: Connection) => {
    // A long-polling client has no connection of its own to write to.
    if (connection.transport.name !== 'websocket') return
    const { socket } = connection.request
    connection.on('packetCreate', () => turn.cork(socket))
  })
}
