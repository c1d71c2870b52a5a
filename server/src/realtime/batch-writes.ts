import type { Socket } from 'node:net'
import { Batcher } from '../batcher.ts'
import type { GameServer } from './types.ts'

/** What is used here of an Engine.IO socket. */
interface Connection {
  transport: { name: string; writable: boolean; emit(event: 'ready'): void }
  request: { socket: Socket }
  on(event: 'packetCreate', listener: (this: Connection) => void): void
}

/**
 * What a socket is sent in one turn of the event loop leaves in one piece: an acknowledgement and its view, the views of
 * matches whose moves came together. Engine.IO hands a packet to the network as soon as it is made, and the next one only when that
 * has left; so the transport says that it is busy until the turn ends, and then gets all that has gathered.
 */
export function batchWrites(io: GameServer): void {
  const turn = new Batcher()
  let held: Connection['transport'][] = []

  function release(): void {
    const transports = held
    held = []
    for (const transport of transports) {
      transport.writable = true
      transport.emit('ready')
    }
  }

  /** Comes before a packet is handed on. One function for all connections: there are many. */
  function hold(this: Connection): void {
    const { transport, request } = this
    if (!transport.writable) return
    transport.writable = false
    turn.cork(request.socket)
    if (held.push(transport) === 1) turn.before(release)
  }

  io.engine.on('connection', (connection: Connection) => {
    // A long-polling client has no connection of its own to write to, whatever it is upgraded to.
    if (connection.transport.name === 'websocket') connection.on('packetCreate', hold)
  })
}
