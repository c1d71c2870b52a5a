import type { Socket } from 'node:net'
import { Gathering } from '../turn.ts'
import type { GameServer } from './types.ts'

/** What is used here of an Engine.IO socket. */
interface Connection {
  transport: { name: string; writable: boolean; emit(event: 'ready'): void }
  request: { socket: Socket }
  on(event: 'packetCreate', listener: () => void): void
}

/**
 * What a socket is sent in one turn of the event loop leaves in one piece: an acknowledgement and its view, the views of
 * matches whose moves came together. Engine.IO hands a packet to the network as soon as it is made, and the next one only when that
 * has left; so the transport says that it is busy until the turn ends, and then gets all that has gathered.
 */
export function batchWrites(io: GameServer): void {
  const turn = new Gathering()
  io.engine.on('connection', (connection: Connection) => {
    const { transport, request } = connection
    // A long-polling client has no connection of its own to write to, whatever it is upgraded to.
    if (transport.name !== 'websocket') return
    const release = (): void => {
      transport.writable = true
      transport.emit('ready')
    }
    // Comes before the packet is handed on.
    connection.on('packetCreate', () => {
      if (!transport.writable) return
      transport.writable = false
      turn.cork(request.socket)
      turn.before(release)
    })
  })
}
